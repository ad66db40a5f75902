"""Grows the seed model's frame auto-encoder by one level and trains it: edge-weighted L1, first on crops around the
objects. Four latent channels stay close to the seed's latents of
the half-size frame, which its U-Net already knows; four new ones hold the detail that small objects need."""
import argparse
import math
import time

import numpy as np
import torch
import torch.nn.functional as F

import ops
import scenes
from common import DEVICE, Ema, Log, load, path, save, sheet, to_float, to_uint8
from vae import AutoencoderKL, VAEConfig
import weights


def edge_weight(x, gain):
    """1 in flat areas, up to 1 + gain where the 5x5 neighbourhood is not flat; x (N, H, W, 3)"""
    x = x.permute(0, 3, 1, 2)
    high, low = F.max_pool2d(x, 5, 1, 2), -F.max_pool2d(-x, 5, 1, 2)
    return 1 + gain * (high - low).amax(1)[..., None].clamp(0, 1)


@torch.no_grad()
def grow(net, old):
    """The 64-pixel encoder and decoder of the seed model become the inner levels; the outer level starts as a plain
    smoothing resampler with silent residual blocks, so the net works from step 0."""
    state = {}
    for k, v in old.items():
        head, _, rest = k.partition(".")
        part, _, tail = rest.partition(".")
        if part in ("down", "up"):
            level, _, tail = tail.partition(".")
            k = f"{head}.{part}.{int(level) + 1}.{tail}"
        state[k] = v
    z, old_z = net.cfg.z_channels, state["post_quant_conv.weight"].shape[0]
    at = torch.cat([torch.arange(old_z), z + torch.arange(old_z)])               # means, then log variances
    new = torch.arange(old_z, z)
    fresh = {k: v.clone() for k, v in net.state_dict().items()}

    def widen(name, rows=None, columns=None):
        wide, old_value = fresh[name], state[name]
        if rows is not None:
            wide = wide if columns is None else wide.index_fill(1, columns, 0.0)
            part = wide[rows]
            part = old_value if columns is None else part.index_copy(1, columns, old_value)
            state[name] = wide.index_copy(0, rows, part)
        else:
            state[name] = (0.3 * wide).index_copy(1, columns, old_value)

    for name in ("encoder.conv_out.weight", "encoder.conv_out.bias"):
        widen(name, rows=at)
    widen("decoder.conv_in.weight", columns=torch.arange(old_z))
    for name, where in (("quant_conv", at), ("post_quant_conv", torch.arange(old_z))):
        w, b = torch.zeros_like(fresh[name + ".weight"]), torch.zeros_like(fresh[name + ".bias"])
        w[where[:, None], where[None, :]] = state[name + ".weight"]
        b[where] = state[name + ".bias"]
        w[new, new] = 4.0 if name == "quant_conv" else 0.5
        state[name + ".weight"], state[name + ".bias"] = w, b
    missing, unknown = net.load_state_dict(state, strict=False)
    assert not unknown and all(".down.0." in k or ".up.0." in k or "up.1.upsample" in k for k in missing), (missing, unknown)
    blur = torch.outer(torch.tensor([1.0, 2, 1]), torch.tensor([1.0, 2, 1])) / 16
    for conv in (net.encoder.down[0].downsample.conv, net.decoder.up[1].upsample.conv):
        conv.weight.copy_(torch.eye(conv.weight.shape[0])[:, :, None, None] * blur)
        conv.bias.zero_()
    for block in [*net.encoder.down[0].block, *net.decoder.up[0].block]:
        block.conv2.weight.mul_(0.05)
        block.conv2.bias.zero_()


def crops(n, rng, size=64):
    """size x size windows around an object: a quarter of a frame's cost"""
    frames, at = scenes.random_frames(n, rng)
    out = np.empty((n, size, size, 3), np.uint8)
    for i in range(n):
        x, y, r = at[i, rng.integers(2)]
        left, top = (int(np.clip(v - size / 2 + rng.uniform(-r, r), 0, scenes.SIZE_PX - size)) for v in (x, y))
        out[i] = frames[i, top:top + size, left:left + size]
    return out


def psnr(a, b):
    return float(10 * torch.log10(4.0 / ((a.clamp(-1, 1) - b) ** 2).mean((1, 2, 3))).mean())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--steps", type=int, default=900)
    ap.add_argument("--crop-steps", type=int, default=600)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--anchor", type=float, default=0.1)
    ap.add_argument("--noise", type=float, default=0.07, help="on the scaled latents, whose std is about 1")
    ap.add_argument("--edge", type=float, default=4.0)
    ap.add_argument("--out", default="vae.pt")
    ap.add_argument("--fp32", action="store_true")
    a = ap.parse_args()
    ops.use_bf16(not a.fp32)
    torch.manual_seed(0)
    net, seed = AutoencoderKL(), AutoencoderKL(VAEConfig(ch_mult=(1, 2, 4, 8), z_channels=4))
    seed.load_state_dict(weights.read(path("seed/vae/diffusion_pytorch_model.safetensors")))
    grow(net, seed.state_dict())
    net.to(DEVICE), seed.to(DEVICE)
    scale = net.cfg.scale_factor
    params = list(net.parameters())
    opt, ema = torch.optim.AdamW(params, lr=a.lr, betas=(0.9, 0.99), weight_decay=1e-4), Ema(params, 0.995)
    step, used = 0, 0.0
    try:
        ck = load(a.out)
        net.load_state_dict(ck["raw"]); opt.load_state_dict(ck["opt"])
        ema.shadow, ema.n, step, used = ck["ema"], ck["step"], ck["step"], ck["seconds"]
    except FileNotFoundError:
        pass
    log, mean_loss, saved = Log("vae", used), None, time.process_time()
    test = to_float(scenes.random_frames(48, np.random.default_rng(99), held_out=True)[0])

    def keep():
        with ema:
            model = {k: v.clone() for k, v in net.state_dict().items()}
        save({"raw": net.state_dict(), "model": model, "opt": opt.state_dict(), "ema": ema.shadow, "step": step,
              "seconds": log.seconds()}, a.out)

    while step < a.steps:
        rng = np.random.default_rng((0, step))
        torch.manual_seed(step)
        for g in opt.param_groups:
            g["lr"] = a.lr * min(1, (step + 1) / 50) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / a.steps)))
        x = to_float(crops(2 * a.batch, rng) if step < a.crop_steps else scenes.random_frames(a.batch, rng)[0])
        mean, _ = net.encode(x)
        with torch.no_grad():
            half, _ = seed.encode(F.avg_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1))
        y = net.decode(mean + a.noise / scale * torch.randn_like(mean))
        rec = (edge_weight(x, a.edge) * (y - x).abs()).mean()
        old_z = half.shape[-1]
        drift = ((mean[..., :old_z] - half) * scale).pow(2).mean()
        spread = ((mean[..., old_z:] * scale).pow(2).mean((0, 1, 2)) - 1).pow(2).mean()      # unit power in the new
        opt.zero_grad(set_to_none=True)
        (rec + a.anchor * drift + 0.02 * spread).backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        opt.step(); ema.update(); step += 1
        mean_loss = rec.item() if mean_loss is None else 0.98 * mean_loss + 0.02 * rec.item()
        if step in (10, 50, 100) or step % 200 == 0:
            with ema, torch.no_grad():
                m, _ = net.encode(test)
                y, noisy = net.decode(m), net.decode(m + 0.1 * m.std() * torch.randn_like(m))
            log.write(step, loss=mean_loss, drift=drift.item(), psnr=psnr(y, test), psnr_noisy=psnr(noisy, test),
                      latent_std=float(m.std()) * scale)
            rows = np.stack([to_uint8(test[:24]), to_uint8(y[:24])], 1).reshape(6, 8, 128, 128, 3)
            sheet(path("vae.png"), list(rows))
        if time.process_time() - saved > 90:
            keep(); saved = time.process_time()
    keep()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
