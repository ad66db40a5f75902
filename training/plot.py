"""Draws the stages' CSV files as one picture of curves; needs Pillow only."""
import csv
import math
import sys

from PIL import Image, ImageDraw

from common import path

PANELS = (("auto-encoder: PSNR, dB", "vae", ("psnr",), False), ("decoder alone: PSNR, dB", "decoder", ("psnr",), False),
          ("text: captions wholly read, held out", "text", ("held_out_all",), False),
          ("eps error by noise, 8 frames", "base8", ("eps_0", "eps_250", "eps_500", "eps_750"), True),
          ("eps error by noise, 16 frames", "base", ("eps_0", "eps_250", "eps_500", "eps_750"), True),
          ("eps error by noise, teacher", "teacher", ("eps_0", "eps_250", "eps_500", "eps_750"), True),
          ("where the objects are, t >= 750", "base8", ("places_750",), True), ("where the objects are, 16 frames", "base", ("places_750",), True),
          ("distillation: distance to the target", "student", ("t999", "t759", "t519", "t279"), True))
COLOURS = ((200, 40, 40), (230, 140, 20), (40, 140, 60), (50, 80, 210))
W, H, PAD = 420, 260, 44


def panel(pen, x, y, title, name, columns, log):
    with open(path(name + ".csv")) as f:
        rows = list(csv.DictReader(f))
    scale = (lambda v: math.log10(max(v, 1e-6))) if log else (lambda v: v)
    steps = [int(r["step"]) for r in rows]
    values = {c: [scale(float(r[c])) for r in rows] for c in columns}
    low, high = min(min(v) for v in values.values()), max(max(v) for v in values.values())
    at = lambda s, v: (x + PAD + (W - PAD - 12) * s / steps[-1], y + H - 30 - (H - 60) * (v - low) / max(high - low, 1e-9))
    pen.rectangle((x + PAD, y + 30, x + W - 12, y + H - 30), outline=(190, 190, 190))
    pen.text((x + PAD, y + 10), title, fill=(0, 0, 0))
    show = lambda v: f"{10 ** v:.2g}" if log else f"{v:.3g}"
    pen.text((x + 4, y + 26), show(high), fill=(90, 90, 90))
    pen.text((x + 4, y + H - 38), show(low), fill=(90, 90, 90))
    pen.text((x + PAD, y + H - 24), f"0 .. {steps[-1]} steps, {rows[-1]['seconds']} CPU s", fill=(90, 90, 90))
    for k, (c, v) in enumerate(values.items()):
        pen.line([at(s, w) for s, w in zip(steps, v)], fill=COLOURS[k], width=2)
        if len(columns) > 1:
            pen.text((x + W - 90, y + 34 + 12 * k), c, fill=COLOURS[k])


def main():
    import os
    panels = [p for p in PANELS if os.path.exists(path(p[1] + ".csv"))]
    image = Image.new("RGB", (3 * W, H * -(-len(panels) // 3)), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    for i, p in enumerate(panels):
        panel(pen, i % 3 * W, i // 3 * H, *p)
    image.save(sys.argv[1])


if __name__ == "__main__":
    main()
