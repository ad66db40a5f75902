"""Procedural captioned clips: one or two flat objects move on a plain background. 128 x 128 pixels, 16 frames.

A scene is a layout, a background and one or two objects (shape, colour, size, motion). Pairs stand in a row (first
object left) or in a column (first object on top); the caption names them in any order. What a caption leaves out
takes a fixed default (big, standing still, white background, or black where an object is white), so every prompt
has one definite answer.
"""
import hashlib
from dataclasses import dataclass

import numpy as np

SIZE_PX, FRAMES = 128, 16
SHAPES = ("circle", "square", "triangle", "star", "ring", "cross")
COLOURS = {"red": (220, 40, 40), "green": (40, 160, 60), "blue": (40, 70, 220), "yellow": (245, 220, 50),
           "orange": (245, 130, 20), "purple": (140, 50, 180), "white": (250, 250, 250), "black": (15, 15, 15)}
BACKGROUNDS = {"white": (250, 250, 250), "black": (15, 15, 15), "grey": (128, 128, 128),
               "sky blue": (140, 205, 250), "green": (40, 160, 60), "pink": (250, 175, 200)}
MOTIONS = ("left", "right", "up", "down", "growing", "shrinking", "bouncing", "still")
SIZES = ("small", "big")
LAYOUTS = ("single", "row", "column")
COLOUR_NAMES, BG_NAMES = tuple(COLOURS), tuple(BACKGROUNDS)
COLOUR_RGB = np.array([COLOURS[c] for c in COLOUR_NAMES], np.float32)
BG_RGB = np.array([BACKGROUNDS[c] for c in BG_NAMES], np.float32)
RADIUS = {"single": (17.0, 30.0), "row": (14.5, 22.0), "column": (14.5, 22.0)}      # pixels: small, big


@dataclass(frozen=True)
class Thing:
    shape: str
    colour: str
    size: str
    motion: str


@dataclass(frozen=True)
class Scene:
    layout: str
    bg: str
    things: tuple

    @property
    def held_out(self):
        """about one scene in ten by a fixed hash; pairs by layout, shapes and colours, so that no pair of such
        objects was ever seen in that layout"""
        if self.layout == "single":
            t = self.things[0]
            key = (t.shape, t.colour, t.motion, self.bg, t.size)
        else:
            key = (self.layout,) + tuple((t.shape, t.colour) for t in self.things)
        return hashlib.md5(repr(key).encode()).digest()[0] < 26


def random_scene(rng, pairs=0.55, held_out=False):
    while True:
        layout = "single" if rng.random() >= pairs else LAYOUTS[1 + rng.integers(2)]
        colours = rng.permutation(len(COLOUR_NAMES))
        things = tuple(Thing(SHAPES[rng.integers(6)], COLOUR_NAMES[colours[i]], SIZES[rng.integers(2)],
                             MOTIONS[rng.integers(8)]) for i in range(1 if layout == "single" else 2))
        scene = Scene(layout, BG_NAMES[rng.integers(6)], things)
        if all(t.colour != scene.bg for t in things) and scene.held_out == held_out:
            return scene


# ----------------------------------------------------------------------------------------------- rendering
def sdf(shape, x, y, r):
    """signed distance (good enough near the edge for anti-aliasing), y points down"""
    if shape == "circle":
        return np.hypot(x, y) - r
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) - 0.87 * r
    if shape == "triangle":                                             # upright, centroid at 0
        inr = 0.62 * r
        return np.maximum(y - inr, np.abs(x) * 0.8660254 - y * 0.5 - inr)
    if shape == "star":                                                 # five points
        ro, ri, k = 1.25 * r, 0.55 * r, np.pi / 5
        a = np.abs(np.mod(np.arctan2(x, -y) + k, 2 * k) - k)
        d = np.hypot(x, y)
        ex, ey = ri * np.sin(k), ri * np.cos(k) - ro
        return (ex * (d * np.cos(a) - ro) - ey * d * np.sin(a)) / np.hypot(ex, ey)
    if shape == "ring":
        return np.abs(np.hypot(x, y) - 0.78 * r) - 0.24 * r
    ax, ay = np.abs(x), np.abs(y)                                       # cross
    return np.minimum(np.maximum(ax - 1.05 * r, ay - 0.36 * r), np.maximum(ax - 0.36 * r, ay - 1.05 * r))


def draw(frame, shape, rgb, cx, cy, r):
    """paints one object over a float frame (H, W, 3), touching its bounding box only"""
    reach = 1.3 * r + 2
    x0, x1 = max(0, int(cx - reach)), min(SIZE_PX, int(cx + reach) + 2)
    y0, y1 = max(0, int(cy - reach)), min(SIZE_PX, int(cy + reach) + 2)
    if x0 >= x1 or y0 >= y1:
        return
    x = np.arange(x0, x1, dtype=np.float32)[None] - np.float32(cx)
    y = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(cy)
    a = np.clip(0.5 - sdf(shape, x, y, np.float32(r)), 0, 1).astype(np.float32)
    a = np.broadcast_to(a, (y1 - y0, x1 - x0))[..., None]
    part = frame[y0:y1, x0:x1]
    part += a * (rgb - part)


def track(scene, index, rng):
    """centre and radius per frame, (T, 3), of one object of the scene"""
    thing, u = scene.things[index], np.linspace(0.0, 1.0, FRAMES)
    jitter = lambda a: rng.uniform(-a, a)
    r = RADIUS[scene.layout][SIZES.index(thing.size)] * (1 + jitter(0.05))
    mid = (SIZE_PX - 1) / 2
    single = scene.layout == "single"
    centre = [mid + jitter(6 if single else 4), mid + jitter(6 if single else 4)]
    travel = [52.0 + jitter(4), 52.0 + jitter(4)] if single else [44.0 + jitter(4), 44.0 + jitter(4)]
    height, low = (48.0, 0.5) if single else (40.0, 0.65)               # of the bounce; least relative radius
    if not single:                                                      # the axis on which the two stand apart
        axis = 0 if scene.layout == "row" else 1
        centre[axis] = (34.0 if index == 0 else 93.0) + jitter(3)
        travel[axis] = 22.0 + jitter(2)
        height = 40.0 if axis == 0 else 24.0
    x, y, rad = np.full(FRAMES, centre[0]), np.full(FRAMES, centre[1]), np.full(FRAMES, r)
    if thing.motion in ("left", "right"):
        x = centre[0] + travel[0] * (u - 0.5) * (1 if thing.motion == "right" else -1)
    elif thing.motion in ("up", "down"):
        y = centre[1] + travel[1] * (u - 0.5) * (1 if thing.motion == "down" else -1)
    elif thing.motion == "growing":
        rad = r * (low + (1.35 - low) * u)
    elif thing.motion == "shrinking":
        rad = r * (1.35 - (1.35 - low) * u)
    elif thing.motion == "bouncing":
        y = centre[1] + height / 2 - height * np.abs(np.sin(np.pi * np.arange(FRAMES) / 8 + jitter(0.25)))
    return np.stack([x, y, rad], 1)


def tracks(scene, rng):
    """(objects, T, 3)"""
    return np.stack([track(scene, i, rng) for i in range(len(scene.things))])


def paint(scene, path, frames=range(FRAMES)):
    """uint8 frames (len(frames), H, W, 3) of a scene whose tracks are given"""
    out = np.empty((len(frames), SIZE_PX, SIZE_PX, 3), np.float32)
    out[:] = BG_RGB[BG_NAMES.index(scene.bg)]
    for k, t in enumerate(frames):
        for thing, p in zip(scene.things, path):
            draw(out[k], thing.shape, COLOUR_RGB[COLOUR_NAMES.index(thing.colour)], *p[t])
    return np.round(out).astype(np.uint8)


def random_frames(n, rng, held_out=False, pairs=0.55):
    """n single frames of random scenes, and the tracks' points (n, 2, 3)"""
    out, at = np.empty((n, SIZE_PX, SIZE_PX, 3), np.uint8), np.zeros((n, 2, 3), np.float32)
    for i in range(n):
        scene = random_scene(rng, pairs, held_out)
        path, t = tracks(scene, rng), int(rng.integers(FRAMES))
        out[i] = paint(scene, path, [t])[0]
        at[i, :len(path)] = path[:, t]
        if len(path) == 1:
            at[i, 1] = at[i, 0]
    return out, at
