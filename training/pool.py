"""Renders and encodes clips in shards of 256; training takes up new shards as they appear."""
import argparse
import glob
import os

import numpy as np
import torch

import ops
import scenes
from common import DEVICE, load, path, save, to_float
from vae import AutoencoderKL


def load_vae():
    """with the fine-tuned decoder where there is one; the encoder is the same"""
    net = AutoencoderKL().to(DEVICE)
    net.load_state_dict(load("decoder.pt" if os.path.exists(path("decoder.pt")) else "vae.pt")["model"])
    return net.eval().requires_grad_(False)


class Pool:
    """all clips so far: scaled latents (N, 16, 8, 8, 4) in fp16, scenes, tracks (N, 2, 16, 3)"""

    def __init__(self):
        self.files, self.latents, self.scenes, self.tracks = set(), None, [], None

    def refresh(self):
        for file in sorted(set(glob.glob(path("pool/*.pt"))) - self.files):
            part = torch.load(file)
            self.files.add(file)
            self.scenes += [scenes.Scene(s[0], s[1], tuple(scenes.Thing(*t) for t in s[2])) for s in part["scenes"]]
            join = lambda old, new: new if old is None else torch.cat([old, new])
            self.latents, self.tracks = join(self.latents, part["latents"]), join(self.tracks, part["tracks"])
        return self


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--shards", type=int, default=20)
    ap.add_argument("--first", type=int, default=0)
    ap.add_argument("--pairs", type=float, default=0.6)
    a = ap.parse_args()
    ops.use_bf16()
    os.makedirs(path("pool"), exist_ok=True)
    net = load_vae()
    for shard in range(a.first, a.shards):
        name = f"pool/{shard:03d}.pt"
        if os.path.exists(path(name)):
            continue
        rng = np.random.default_rng((21, shard))
        latents, kept, tracks = [], [], torch.zeros(256, 2, scenes.FRAMES, 3)
        for i in range(256):
            s = scenes.random_scene(rng, a.pairs)
            p = scenes.tracks(s, rng)
            tracks[i, :len(p)] = torch.from_numpy(p)
            if len(p) == 1:
                tracks[i, 1] = tracks[i, 0]
            with torch.no_grad():
                z, _ = net.encode(to_float(scenes.paint(s, p)))
            latents.append((z * net.cfg.scale_factor).half().cpu())
            kept.append((s.layout, s.bg, [(t.shape, t.colour, t.size, t.motion) for t in s.things]))
        save({"latents": torch.stack(latents), "scenes": kept, "tracks": tracks}, name)
        print("shard", shard, "std", float(latents[0].float().std()), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
