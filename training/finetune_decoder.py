"""Trains the decoder alone on latents as the U-Net makes them (encoded, then disturbed a little), whole frames."""
import argparse
import math
import time

import numpy as np
import torch

import ops
import scenes
from common import DEVICE, Ema, Log, load, save, to_float
from train_vae import edge_weight, psnr
from vae import AutoencoderKL


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--steps", type=int, default=300)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--noise", type=float, default=0.12, help="greatest, on the scaled latents")
    ap.add_argument("--edge", type=float, default=4.0)
    a = ap.parse_args()
    ops.use_bf16()
    net = AutoencoderKL()
    net.load_state_dict(load("vae.pt")["model"])
    net.to(DEVICE).encoder.requires_grad_(False)
    net.quant_conv.requires_grad_(False)
    params = [p for p in net.parameters() if p.requires_grad]
    opt, ema = torch.optim.AdamW(params, lr=a.lr, betas=(0.9, 0.99), weight_decay=0.0), Ema(params, 0.99)
    step, used = 0, 0.0
    try:
        ck = load("decoder.pt")
        net.load_state_dict(ck["raw"]); opt.load_state_dict(ck["opt"])
        ema.shadow, ema.n, step, used = ck["ema"], ck["step"], ck["step"], ck["seconds"]
    except FileNotFoundError:
        pass
    log, saved, mean = Log("decoder", used), time.process_time(), None
    test = to_float(scenes.random_frames(48, np.random.default_rng(99), held_out=True)[0])

    def keep():
        with ema:
            model = {k: v.clone() for k, v in net.state_dict().items()}
        save({"raw": net.state_dict(), "model": model, "opt": opt.state_dict(), "ema": ema.shadow, "step": step,
              "seconds": log.seconds()}, "decoder.pt")

    while step < a.steps:
        rng = np.random.default_rng((3, step))
        torch.manual_seed(step)
        for g in opt.param_groups:
            g["lr"] = a.lr * min(1, (step + 1) / 20) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / a.steps)))
        x = to_float(scenes.random_frames(a.batch, rng, pairs=0.65)[0])
        with torch.no_grad():
            z, _ = net.encode(x)
            z += a.noise / net.cfg.scale_factor * torch.rand(len(z), 1, 1, 1, device=DEVICE) * torch.randn_like(z)
        loss = (edge_weight(x, a.edge) * (net.decode(z) - x).abs()).mean()
        opt.zero_grad(set_to_none=True); loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        opt.step(); ema.update(); step += 1
        mean = loss.item() if mean is None else 0.97 * mean + 0.03 * loss.item()
        if step % 50 == 0:
            with ema, torch.no_grad():
                y = net.decode(net.encode(test)[0])
            log.write(step, loss=mean, psnr=psnr(y, test))
        if time.process_time() - saved > 60:
            keep(); saved = time.process_time()
    keep()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
