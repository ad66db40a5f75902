"""Paints clips of known scenes, to validate the judge: frame folders and a prompt list that says what they show.

    python3 ground_truth.py work/truth 150
    hummingbird eval work/truth/clips/* --prompts work/truth/prompts.jsonl
"""
import os
import sys

import numpy as np
from PIL import Image

import scenes
from prompts import as_json, listed

if __name__ == "__main__":
    out, n = sys.argv[1], int(sys.argv[2])
    rng = np.random.default_rng(4)
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "prompts.jsonl"), "w", encoding="utf-8") as f:
        for i, (prompt, scene) in enumerate(listed(n, seed=7)):
            folder = os.path.join(out, "clips", f"{i:03d}")
            os.makedirs(folder, exist_ok=True)
            for t, frame in enumerate(scenes.paint(scene, scenes.tracks(scene, rng))):
                Image.fromarray(frame).save(os.path.join(folder, f"{t:02d}.png"))
            f.write(as_json(prompt, scene) + "\n")
