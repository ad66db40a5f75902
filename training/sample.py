"""Makes clips with a trained checkpoint, for a look and for the judge: frame folders, a prompt list, a sheet.

    python3 sample.py --name base --n 32 --sampler lcm --out work/look
    hummingbird eval work/look/clips/* --prompts work/look/prompts.jsonl
"""
import argparse
import os

import numpy as np
import torch
from PIL import Image

import ops
import scenes
from common import DEVICE, load, path, sheet, to_uint8
from pool import load_vae
from prompts import as_json, listed
from schedule import sample_ddim, sample_lcm
from text import TextConfig, TextEncoder
from tokenizer import Tokenizer
from unet import STUDENT, TEACHER, UNet, guidance_embedding


def open_model(name):
    ck, tok = load(name + ".pt"), Tokenizer()
    deep = any(k.startswith("middle_block") for k in ck["unet"])
    unet, text = UNet(TEACHER if deep else STUDENT), TextEncoder(TextConfig(len(tok.ids)))
    unet.load_state_dict(ck["unet"]); text.load_state_dict(ck["text"])
    return tok, text.to(DEVICE).eval(), unet.to(DEVICE).eval()


@torch.no_grad()
def latents(model, prompts, a, generator):
    tok, text, unet = model
    encode = lambda texts: text(torch.tensor([tok(t) for t in texts], device=DEVICE))
    context, n = encode(prompts), len(prompts)
    draw = lambda: torch.randn(n, a.frames, 8, 8, unet.cfg.in_channels, generator=generator).to(DEVICE)
    fps = torch.full((n,), 8, device=DEVICE)
    if a.sampler == "lcm":
        w = guidance_embedding(torch.full((n,), a.w), 256).to(DEVICE) if a.w > 0 else None
        return sample_lcm(lambda x, t: unet(x, t.to(DEVICE), context, fps, w), draw(), a.steps, draw)
    both = torch.cat([context, encode([""] * n)])

    def guided(x, t):
        e, u = unet(torch.cat([x, x]), torch.cat([t, t]).to(DEVICE), both, torch.cat([fps, fps])).chunk(2)
        return u + a.w * (e - u)
    return sample_ddim(guided, draw(), a.steps)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="base")
    ap.add_argument("--n", type=int, default=32)
    ap.add_argument("--sampler", choices=("lcm", "ddim"), default="lcm")
    ap.add_argument("--steps", type=int, default=4)
    ap.add_argument("--w", type=float, default=0.0, help="guidance; 0 = no guidance embedding (lcm)")
    ap.add_argument("--frames", type=int, default=scenes.FRAMES)
    ap.add_argument("--out", default=path("look"))
    ap.add_argument("--fp32", action="store_true")
    a = ap.parse_args()
    ops.use_bf16(not a.fp32)
    model, vae, chosen = open_model(a.name), load_vae(), list(listed())[:a.n]
    os.makedirs(os.path.join(a.out, "clips"), exist_ok=True)
    generator, rows = torch.Generator().manual_seed(0), []
    for i in range(0, len(chosen), 8):
        z = latents(model, [p for p, _ in chosen[i:i + 8]], a, generator)
        for j, clip in enumerate(z):
            with torch.no_grad():
                frames = to_uint8(vae.decode(clip / vae.cfg.scale_factor))
            folder = os.path.join(a.out, "clips", f"{i + j:03d}")
            os.makedirs(folder, exist_ok=True)
            for k, f in enumerate(frames):
                Image.fromarray(f).save(os.path.join(folder, f"{k:02d}.png"))
            rows.append(frames)
    with open(os.path.join(a.out, "prompts.jsonl"), "w", encoding="utf-8") as f:
        f.writelines(as_json(p, s) + "\n" for p, s in chosen)
    cols = np.linspace(0, a.frames - 1, 8).astype(int)
    sheet(os.path.join(a.out, "sheet.png"), [r[cols] for r in rows[:20]], [p for p, _ in chosen[:20]])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
