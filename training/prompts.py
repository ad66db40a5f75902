"""Writes the prompt list that models are scored on: 240 scenes, half of them combinations that training never saw,
half of them with two objects, a third in the canonical wording and the rest in free wording."""
import json
import sys

import numpy as np

import scenes
from captions import caption, plain


def listed(n=240, seed=2024):
    rng = np.random.default_rng(seed)
    for i in range(n):
        scene = scenes.random_scene(rng, pairs=1.0 if i % 2 else 0.0, held_out=i % 4 >= 2)
        yield (plain(scene) if i % 3 == 0 else caption(scene, rng)), scene


def as_json(prompt, scene):
    things = [{"shape": t.shape, "colour": t.colour, "size": t.size, "motion": t.motion} for t in scene.things]
    return json.dumps({"prompt": prompt, "scene": {"layout": scene.layout, "background": scene.bg, "objects": things},
                       "held_out": scene.held_out})


if __name__ == "__main__":
    with open(sys.argv[1] if len(sys.argv) > 1 else "prompts.jsonl", "w", encoding="utf-8") as f:
        for prompt, scene in listed():
            f.write(as_json(prompt, scene) + "\n")
