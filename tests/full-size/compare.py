#!/usr/bin/env python3
"""One U-Net call and one decoded frame of Hummingbird 0.7B at full size: the engine against PyTorch, with the same random weights.

    hummingbird bench model --precision fp32 --outputs fp32.safetensors
    python3 tests/full-size/compare.py fp32.safetensors --reference reference.pt --limit 1e-3

The reference (minutes) is computed from scratch: weights from their seed, noise from torch.manual_seed, prompt through the text
encoder; only sizes come from the engine's file. It is kept in the file --reference names and reused for other precisions.
Needs PyTorch 1.13 or newer and 4 GB of memory.
"""
import argparse
import json
import os
import struct
import sys
import time

# Memory stays with the process: page faults would be most of the time. malloc reads its environment at the start.
if "MALLOC_MMAP_THRESHOLD_" not in os.environ:
    os.environ.update(MALLOC_MMAP_THRESHOLD_="4294967296", MALLOC_TRIM_THRESHOLD_="4294967296", MALLOC_TOP_PAD_="268435456")
    os.execv(sys.executable, [sys.executable, *sys.argv])

import torch

from network import Decoder, RandomWeights, TextEncoder, UNet


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        meta, data = header.pop("__metadata__", {}), bytearray(file.read())
    return {n: torch.frombuffer(data[slice(*e["data_offsets"])], dtype=torch.float32).reshape(e["shape"]) for n, e in header.items()}, meta


def reference(meta):
    """Seconds are of this process's processor time, drawing of weights left out."""
    weights, drawing = RandomWeights(int(meta["weights_seed"])), [0.0]

    def timed(name, *shape):
        start = time.process_time()
        tensor = weights(name, *shape)
        drawing[0] += time.process_time() - start
        return tensor

    def seconds_of(work):
        start, drawn = time.process_time(), drawing[0]
        result = work()
        return result, time.process_time() - start - (drawing[0] - drawn)

    frames, height, width = (int(n) for n in meta["latents"].split("x"))
    torch.manual_seed(int(meta["noise_seed"]))
    noise = torch.randn(1, 4, frames, height, width)[0]
    ids = torch.tensor([int(i) for i in meta["ids"].split(",")])
    with torch.no_grad():
        context, text = seconds_of(lambda: TextEncoder(timed)(ids))
        t, fps, w = int(meta["timestep"]), float(meta["fps"]), float(meta["guidance_scale"])
        eps, unet = seconds_of(lambda: UNet(timed)(noise, t, fps, w, context))
        image, vae = seconds_of(lambda: Decoder(timed)(noise[:, 0][None] / 0.18215))
    # The engine's order of memory: channels last.
    return {"states": context, "eps": eps.permute(1, 2, 3, 0)[None].contiguous(), "image": image.permute(0, 2, 3, 1)[None].contiguous(),
            "seconds": {"text": text, "unet": unet, "vae": vae}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outputs", help="what `bench model --outputs` wrote")
    parser.add_argument("--reference", help="file to keep PyTorch's results in, or to take them from")
    parser.add_argument("--limit", type=float, default=1e-3, help="largest relative error, of the root mean square")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found, meta = read_safetensors(args.outputs)
    try:
        expected = torch.load(args.reference) if args.reference else None
    except FileNotFoundError:
        expected = None
    if expected is None:
        expected = reference(meta)
        if args.reference:
            torch.save(expected, args.reference)
    print("torch, processor seconds:", {k: round(v, 2) for k, v in expected["seconds"].items()})
    failed = False
    for name in ("states", "eps", "image"):
        if name not in found:
            continue
        want, got = expected[name].double(), found[name].double().reshape(expected[name].shape)
        error = ((got - want).square().sum() / want.square().sum()).sqrt().item()
        worst = ((got - want).abs().max() / want.abs().max()).item()
        failed |= not error <= args.limit
        print(f"{name:7} {tuple(want.shape)}: relative error {error:.3g} (limit {args.limit:g}), largest {worst:.3g} of the largest value, std {want.std():.3f}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
