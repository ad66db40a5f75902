"""Trains the U-Net (and, slowly, the text encoder) on clips: the base net, then the teacher grown from it.

The direction of motion is a saddle: it is decided at high noise, where the plain loss hardly sees it. Three cures:
the loss is normalised per noise level, most samples have high noise, and a linear head on the deepest features must
tell where the objects are in every frame, which at high noise only text times frame number can answer.
"""
import argparse
import math
import time

import numpy as np
import torch

import ops
import weights
from captions import caption, plain
from common import DEVICE, Ema, Log, load, path, save
from pool import Pool
from schedule import add_noise
from text import TextConfig, TextEncoder
from tokenizer import Tokenizer
from unet import STUDENT, TEACHER, UNet

BINS = 20


def teacher_key(key):
    """the name, in the twice as deep teacher, of a layer of the student-shaped net"""
    ins, outs = {0: 0, 1: 1, 2: 3, 3: 4}, {0: 0, 1: 2, 2: 3, 3: 5}
    part = key.split(".")
    table = {"input_blocks": ins, "output_blocks": outs}.get(part[0])
    if table:
        part[1] = str(table[int(part[1])])
    return ".".join(part)


@torch.no_grad()
def grow(teacher, student_state):
    """the same function: shared layers are copied, the additional ones start as identities"""
    state = {teacher_key(k): v for k, v in student_state.items() if not k.startswith("time_cond_proj")}
    teacher.load_state_dict(state, strict=False)
    for stage in (1, 4):
        skip = teacher.output_blocks[stage][0].skip_connection
        skip.weight.zero_(), skip.bias.zero_()
        skip.weight[:, :skip.weight.shape[0], 0, 0] = torch.eye(skip.weight.shape[0])


@torch.no_grad()
def widen(state, unet):
    """the seed's weights for more latent channels: the new ones enter faintly and are predicted as nothing at first"""
    stem, old = unet.input_blocks[0][0].weight.clone().mul_(0.3), state["input_blocks.0.0.weight"]
    stem[:, :old.shape[1]] = old
    state["input_blocks.0.0.weight"] = stem
    for name in ("out.2.weight", "out.2.bias"):
        extra = unet.cfg.out_channels - state[name].shape[0]
        state[name] = torch.cat([state[name], torch.zeros(extra, *state[name].shape[1:])])
    return state


class Places(torch.nn.Module):
    """reads both objects' x, y and radius per frame off the deepest features (training only)"""

    def __init__(self, channels, pixels=16):
        super().__init__()
        self.head = torch.nn.Linear(channels * pixels, 6)
        torch.nn.init.zeros_(self.head.weight)

    def loss(self, deep, tracks):
        """deep (B * T, P, C), tracks (B, 2, T, 3) in pixels -> (B,)"""
        b, t = tracks.shape[0], tracks.shape[2]
        goal = (tracks - torch.tensor([63.5, 63.5, 22.0], device=tracks.device)) / torch.tensor([25.0, 25.0, 8.0], device=tracks.device)
        said = self.head(deep.flatten(1)).reshape(b, t, 2, 3).transpose(1, 2)
        return (said - goal).pow(2).mean((1, 2, 3))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="base")
    ap.add_argument("--teacher", action="store_true")
    ap.add_argument("--init", default="", help="checkpoint to start from; the seed model without it")
    ap.add_argument("--steps", type=int, default=3000)
    ap.add_argument("--batch", type=int, default=8)
    ap.add_argument("--stride", type=int, default=1, help="2 trains on every second frame, at half the cost")
    ap.add_argument("--lr", type=float, default=1.5e-3)
    ap.add_argument("--text-lr", type=float, default=0.1)
    ap.add_argument("--floor", type=float, default=0.1)
    ap.add_argument("--ema", type=float, default=0.995)
    ap.add_argument("--focus", type=float, default=0.6, help="share of samples from the noisier half")
    ap.add_argument("--places", type=float, default=0.1)
    ap.add_argument("--seed", type=int, default=0)
    a = ap.parse_args()
    ops.use_bf16()
    torch.manual_seed(a.seed)
    tok, unet = Tokenizer(), UNet(TEACHER if a.teacher else STUDENT)
    text = TextEncoder(TextConfig(len(tok.ids)))
    places = Places(unet.cfg.model_channels * unet.cfg.channel_mult[-1])
    step, used, ck = 0, 0.0, None
    try:
        ck = load(a.name + ".pt")
        unet.load_state_dict(ck["unet_raw"]); text.load_state_dict(ck["text_raw"]); places.load_state_dict(ck["places"])
        step, used = ck["step"], ck["seconds"]
    except FileNotFoundError:
        if a.init:
            start = load(a.init + ".pt")
            grow(unet, start["unet"]) if a.teacher else unet.load_state_dict(start["unet"])
            text.load_state_dict(start["text"]); places.load_state_dict(start["places"])
        else:
            unet.load_state_dict(widen(weights.read(path("seed/unet/diffusion_pytorch_model.safetensors")), unet))
            text.load_state_dict(load("text.pt")["model"])
    unet.to(DEVICE), text.to(DEVICE), places.to(DEVICE)
    main_params = [p for n, p in unet.named_parameters() if not n.startswith("time_cond_proj")] + list(places.parameters())
    text_params = [p for n, p in text.named_parameters()
                   if n not in ("text_projection", "logit_scale") and not n.startswith("transformer.resblocks.3")]
    opt = torch.optim.AdamW([{"params": main_params, "mult": 1.0}, {"params": text_params, "mult": a.text_lr}],
                            lr=a.lr, betas=(0.9, 0.99), weight_decay=0.0)
    params = main_params + text_params
    ema, level = Ema(params, a.ema), torch.zeros(BINS)
    if ck is not None:
        opt.load_state_dict(ck["opt"]); ema.shadow, ema.n, level = ck["ema"], step, ck["level"]
    log, saved, pool, shown = Log(a.name, used), time.process_time(), Pool(), np.zeros((5, 2))

    def keep():
        with ema:
            u, t = ({k: v.clone() for k, v in m.state_dict().items()} for m in (unet, text))
        save({"unet": u, "text": t, "unet_raw": unet.state_dict(), "text_raw": text.state_dict(), "places": places.state_dict(),
              "opt": opt.state_dict(), "ema": ema.shadow, "level": level, "step": step, "seconds": log.seconds()}, a.name + ".pt")

    while step < a.steps:
        if step % 100 == 0 or pool.latents is None:
            pool.refresh()
        rng = np.random.default_rng((a.seed, 31, step))
        torch.manual_seed(1000003 * a.seed + step)
        for g in opt.param_groups:
            g["lr"] = g["mult"] * a.lr * min(1, (step + 1) / 50) * (a.floor + (1 - a.floor) * 0.5 * (1 + math.cos(math.pi * step / a.steps)))
        pick = rng.integers(len(pool.scenes), size=a.batch)
        frames = slice(int(rng.integers(a.stride)), None, a.stride)
        z = pool.latents[torch.from_numpy(pick)][:, frames].to(DEVICE).float()
        texts = ["" if rng.random() < 0.1 else caption(pool.scenes[i], rng) if rng.random() < 0.9 else plain(pool.scenes[i]) for i in pick]
        fps = torch.from_numpy(np.where(rng.random(a.batch) < 0.7, 8, rng.integers(4, 31, a.batch))).to(DEVICE)
        u = (torch.rand(a.batch) + torch.arange(a.batch)) / a.batch                # stratified
        share = a.focus                                                            # of t >= 500
        t = torch.where(u < 1 - share, u / (1 - share) * 500, 500 + (u - 1 + share) / share * 500).long().clamp(0, 999)
        noise, taps = torch.randn_like(z), {}
        context = text(torch.tensor([tok(s) for s in texts], device=DEVICE))
        eps = unet(add_noise(z, noise, t), t.to(DEVICE), context, fps, taps=taps)
        each = (eps - noise).pow(2).mean((1, 2, 3, 4))
        b = t * BINS // 1000
        for j, e in zip(b.tolist(), each.detach().tolist()):
            level[j] = e if level[j] == 0 else 0.97 * level[j] + 0.03 * e
        where = places.loss(taps["deep"], pool.tracks[torch.from_numpy(pick)][:, :, frames].to(DEVICE))
        said = torch.tensor([1.0 if s else 0.0 for s in texts], device=DEVICE)
        loss = (each / level[b].to(DEVICE)).mean() + a.places * (where * said).mean()
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        opt.step(); ema.update(); step += 1
        for j, e, w in zip((t // 250).tolist(), each.detach().tolist(), (where * said).detach().tolist()):
            shown[j] += [e, 1]
            if j == 3:
                shown[4] += [w, 1]
        if step % 50 == 0:
            m = shown[:, 0] / np.maximum(shown[:, 1], 1)
            log.write(step, eps_0=m[0], eps_250=m[1], eps_500=m[2], eps_750=m[3], places_750=m[4])
            shown[:] = 0
        if time.process_time() - saved > 60:
            keep(); saved = time.process_time()
    keep()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
