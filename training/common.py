"""Checkpoints, averages, logs and pictures shared by the training stages."""
import csv
import os
import time

import numpy as np
import torch

from muon import optimizers

WORK = os.environ.get("NANO_WORK", os.path.join(os.path.dirname(os.path.abspath(__file__)), "work"))
DEVICE = os.environ.get("NANO_DEVICE", "cuda" if torch.cuda.is_available() else "cpu")
os.makedirs(WORK, exist_ok=True)


def path(name):
    return os.path.join(WORK, name)


def save(obj, name):
    torch.save(obj, path(name) + ".tmp")
    os.replace(path(name) + ".tmp", path(name))


def load(name):
    return torch.load(path(name), map_location=DEVICE)


class Ema:
    """exponential moving average of parameters, with a short warm-up"""

    def __init__(self, params, decay):
        self.params, self.decay, self.n = list(params), decay, 0
        self.shadow = [p.detach().clone() for p in self.params]

    @torch.no_grad()
    def update(self):
        self.n += 1
        d = min(self.decay, (1 + self.n) / (10 + self.n))
        torch._foreach_mul_(self.shadow, d)
        torch._foreach_add_(self.shadow, [p.detach() for p in self.params], alpha=1 - d)

    @torch.no_grad()
    def swap(self):
        for p, s in zip(self.params, self.shadow):
            keep = p.detach().clone()
            p.copy_(s)
            s.copy_(keep)

    def __enter__(self):
        self.swap()

    def __exit__(self, *_):
        self.swap()


class Log:
    """one CSV a stage: step, CPU seconds of this process so far, and named figures"""

    def __init__(self, name, used=0.0):
        self.file, self.used = path(name + ".csv"), used

    def seconds(self):
        return self.used + time.process_time()

    def write(self, step, **figures):
        new = not os.path.exists(self.file)
        with open(self.file, "a", newline="") as f:
            w = csv.writer(f)
            if new:
                w.writerow(["step", "seconds"] + list(figures))
            w.writerow([step, round(self.seconds())] + [f"{v:.6g}" for v in figures.values()])
        print(f"step {step} {self.seconds():.0f}s", *(f"{k} {v:.4g}" for k, v in figures.items()), flush=True)


def to_float(frames):
    """uint8 -> [-1, 1]"""
    return torch.from_numpy(np.ascontiguousarray(frames)).to(DEVICE).float() / 127.5 - 1.0


def to_uint8(frames):
    """[-1, 1] -> uint8, truncating like the pipeline this one follows"""
    return (((frames.float().clamp(-1, 1) + 1) / 2) * 255).to(torch.uint8).cpu().numpy()


def sheet(file, rows, labels=None, gap=2):
    """rows of (T, H, W, 3) uint8 clips, one strip a row, optional text at the right"""
    from PIL import Image, ImageDraw
    t, h, w = rows[0].shape[:3]
    side = 0 if labels is None else 7 * max(len(s) for s in labels) + 10
    img = Image.new("RGB", (t * (w + gap) + side, len(rows) * (h + gap)), (60, 60, 70))
    pen = ImageDraw.Draw(img)
    for i, clip in enumerate(rows):
        for k in range(t):
            img.paste(Image.fromarray(clip[k]), (k * (w + gap), i * (h + gap)))
        if labels is not None:
            pen.text((t * (w + gap) + 5, i * (h + gap) + h // 2 - 5), labels[i], fill=(255, 255, 255))
    img.save(file)


def train_for(minutes, name, net, loss, rate, warm=50, tail=4.0, matrix_rate=None):
    """Descends loss(), which draws its own batch, until so many minutes of processor time are gone; gives net with its averaged weights.

    A checkpoint every two minutes (NAME.pt in the work folder); started again, it goes on and counts the minutes of earlier runs."""
    opts, ema = optimizers(net, rate, matrix_rate), Ema(net.parameters(), 0.998)
    rates = [(g, g["lr"]) for opt in opts for g in opt.param_groups]
    start, before, step, mean = time.process_time(), 0.0, 0, None

    def keep(used):
        save({"net": net.state_dict(), "opts": [opt.state_dict() for opt in opts], "ema": ema.shadow, "n": ema.n, "step": step, "minutes": used}, name + ".pt")

    if os.path.exists(path(name + ".pt")):
        kept = load(name + ".pt")
        net.load_state_dict(kept["net"])
        for opt, state in zip(opts, kept["opts"]):
            opt.load_state_dict(state)
        rates = [(g, highest) for (_, highest), g in zip(rates, (g for opt in opts for g in opt.param_groups))]
        ema.shadow, ema.n, step, before = kept["ema"], kept["n"], kept["step"], kept["minutes"]
    saved = before
    torch.manual_seed(1000 + step)
    while (used := before + (time.process_time() - start) / 60) < minutes:
        for g, highest in rates:
            g["lr"] = highest * min(1, (step + 1) / warm) * min(1, tail * (1 - used / minutes) + 0.02)
        now = loss()
        net.zero_grad(set_to_none=True)
        now.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for opt in opts:
            opt.step()
        ema.update(); step += 1
        mean = now.item() if mean is None else 0.98 * mean + 0.02 * now.item()
        if step % 100 == 0:
            print(f"{name} step {step} {used:.1f} min loss {mean:.4f}", flush=True)
        if used - saved > 2:
            saved = used
            keep(used)
    keep(used)
    ema.swap()
    print(f"{name}: {step} steps" + ("" if mean is None else f", loss {mean:.4f}"), flush=True)
    return net.eval()
