"""Trains a tiny Snap Video on single-object scenes: a T5, and a FIT for each of the two stages, in pixels.

    python3 train_snapvideo.py --out work/snapvideo

Videos have 8 frames (every second one of a scene): 8 x 8 pixels from the first stage, 64 x 64 from the second. The T5 learns to
name the scene at its end token (a minute), then stays as it is. Both stages learn F = c_nrm (eps - sigma x), every level weighted
alike; a quarter of the steps sees its own latents of a pass before. Checkpoints every two minutes; started again, it goes on.
"""
import argparse
import json
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import scenes
import weights
from captions import caption, plain
from common import path, sheet, to_uint8, train_for
from fit import Config, Fit, sample, scales
from t5 import END, PAD, T5, T5Config, Vocabulary

FRAMES, SMALL, LARGE, FPS, LENGTH, AUG = 8, 8, 64, 8.0, 24, 0.1
TOLD = (FPS, (float(LARGE), float(LARGE)), AUG)
STAGES = {
    "fit_stage1": (Config((FRAMES, SMALL, SMALL), (2, 2, 2), (4, 4, 4), patch_dim=96, latent_count=32, global_layers=1, local_layers=1, blocks=3, ff_mult=2), 1.0),
    "fit_stage2": (Config((FRAMES, LARGE, LARGE), (1, 4, 4), (8, 8, 8), patch_dim=64, latent_count=64, global_layers=1, cond_channels=3, ctx_dim=64, ff_mult=2), 3.0),
}
ATTRIBUTES = (scenes.SHAPES, scenes.COLOUR_NAMES, scenes.SIZES, scenes.MOTIONS, scenes.BG_NAMES)


def attributes(scene):
    t = scene.things[0]
    return [names.index(v) for names, v in zip(ATTRIBUTES, (t.shape, t.colour, t.size, t.motion, scene.bg))]


def words():
    """of many captions"""
    rng, found = np.random.default_rng(1), set()
    for _ in range(6000):
        scene = scenes.random_scene(rng, pairs=0.0)
        found.update(caption(scene, rng).replace(",", "").split() + plain(scene).split())
    return found


def padded(vocabulary, text):
    ids = vocabulary(text)[:LENGTH - 1] + [END]
    return ids + [PAD] * (LENGTH - len(ids))


def train_text(vocabulary, steps=1500, batch=64):
    torch.manual_seed(3)
    net, rng = T5(T5Config(len(vocabulary.pieces))), np.random.default_rng(2)
    heads = torch.nn.ModuleList([torch.nn.Linear(net.cfg.d_model, len(a)) for a in ATTRIBUTES])
    opt = torch.optim.AdamW([*net.parameters(), *heads.parameters()], lr=2e-3, weight_decay=0.01)
    for step in range(steps):
        for g in opt.param_groups:
            g["lr"] = 2e-3 * min(1, (step + 1) / 50) * (1 - step / steps)
        picked = [scenes.random_scene(rng, pairs=0.0) for _ in range(batch)]
        ids = torch.tensor([padded(vocabulary, caption(s, rng)) for s in picked])
        wanted = torch.tensor([attributes(s) for s in picked])
        states = net(ids)
        end = states[torch.arange(batch), (ids == END).int().argmax(1)]
        guesses = [head(end) for head in heads]
        loss = sum(F.cross_entropy(g, wanted[:, i]) for i, g in enumerate(guesses))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if step % 250 == 249:
            right = torch.stack([g.argmax(1) == wanted[:, i] for i, g in enumerate(guesses)]).all(0).float().mean()
            print(f"text step {step + 1} {time.process_time():.0f} s loss {loss.item():.4f} all right {right:.3f}", flush=True)
    return net.eval()


def make_clips(count, vocabulary, seed=32):
    """uint8 (N, 3, 8, 64, 64), token ids of three captions each, and where the object is: (N, 8, 3), about -1 to 1"""
    rng, clips, ids, places = np.random.default_rng(seed), [], [], []
    for _ in range(count):
        scene = scenes.random_scene(rng, pairs=0.0)
        path, picked = scenes.tracks(scene, rng), range(0, 16, 2)
        frames = torch.from_numpy(scenes.paint(scene, path, picked)).float().permute(3, 0, 1, 2)
        clips.append(F.avg_pool2d(frames, 2).round().byte())
        ids.append([padded(vocabulary, plain(scene))] + [padded(vocabulary, caption(scene, rng)) for _ in range(2)])
        places.append(torch.from_numpy(path[0, picked] / (32, 32, 12) - (2, 2, 2)).float())
    return torch.stack(clips), torch.tensor(ids), torch.stack(places)


def small_of(video):
    return F.avg_pool3d(video, (1, LARGE // SMALL, LARGE // SMALL))


def coarse_of(video):
    """what the second stage reads of the first, which never is as exact as a painted video made small"""
    small = small_of(video)
    small = small + 0.2 * torch.rand(len(video), 1, 1, 1, 1) * torch.randn_like(small)
    up = F.interpolate(small.transpose(1, 2).flatten(0, 1), scale_factor=LARGE / SMALL, mode="bilinear", align_corners=False)
    up = up.unflatten(0, (len(video), -1)).transpose(1, 2).clamp(-1, 1)
    return up + AUG * torch.randn_like(up)


def learner(name):
    """The FIT with what only its training needs: heads that name the object's place from the latents and draw the clean video from
    the patches behind every block. Without them noise is taken away near by, and nobody looks for the object."""
    cfg = STAGES[name][0]
    see = [torch.nn.Sequential(torch.nn.LayerNorm(cfg.patch_dim), torch.nn.Linear(cfg.patch_dim, 3 * math.prod(cfg.patch))) for _ in range(cfg.blocks)]
    return torch.nn.ModuleDict({"fit": Fit(cfg), "where": torch.nn.Linear(cfg.latent_dim, 3 * FRAMES), "see": torch.nn.ModuleList(see)})


def loss_of(net, m, clips, states, places):
    fit = net["fit"]
    video = clips.float() / 127.5 - 1
    coarse = coarse_of(video) if fit.cfg.cond_channels else None
    x = video if fit.cfg.cond_channels else small_of(video)
    b = len(x)
    sigma = torch.exp(torch.randn(b) * 1.5 + (0.4 if coarse is None else -0.3)).clamp(0.002, 80)
    eps = torch.randn_like(x)
    c_in, _, _, c_nrm = scales(sigma, m)
    s = sigma.reshape(-1, 1, 1, 1, 1)
    text = states * (torch.rand(b) > 0.1)[:, None, None]
    given = (c_in * (x / m + s * eps), sigma.log() / 4, text, TOLD)
    prev, seen = None, []
    if torch.rand(()) < 0.25:
        with torch.no_grad():
            prev = fit(*given, None, coarse)[1]
    found, latents = fit(*given, prev, coarse, seen)
    missed = (net["where"](latents.mean(1)).unflatten(1, (FRAMES, 3)) - places).square().mean() if coarse is None else 0.0
    drawn = sum((head(p) - fit.cut(x)).square().mean() for head, p in zip(net["see"], seen)) / len(seen)
    return (found - c_nrm * (eps - s * x)).square().mean() + 0.5 * missed + 0.3 * drawn


def train(name, clips, ids, places, text, minutes, batch, init=None):
    torch.manual_seed(len(name) + ord(name[-1]))
    net, m = learner(name), STAGES[name][1]
    if init:
        net["fit"].load_state_dict(weights.read(os.path.join(init, name, "diffusion_pytorch_model.safetensors")))

    def loss():
        pick = torch.randint(len(clips), (batch,))
        with torch.no_grad():
            states = text(ids[pick, torch.randint(3, (batch,))])
        return loss_of(net, m, clips[pick], states, places[pick])

    return train_for(minutes, name, net, loss, 1.5e-3, warm=100, tail=2.5, matrix_rate=0.01)["fit"]


def export(out, vocabulary, text, nets):
    def write(sub, name, value):
        os.makedirs(os.path.join(out, sub), exist_ok=True)
        with open(os.path.join(out, sub, name), "wb") as f:
            f.write(value if isinstance(value, bytes) else (json.dumps(value, indent=2) + "\n").encode())

    def put(sub, file, module):
        write(sub, "config.json", module.cfg.fields())
        weights.write(os.path.join(out, sub, file), {k: v.half() for k, v in module.state_dict().items()}, {"format": "pt"})

    put("text_encoder", "model.safetensors", text)
    for sub, net in nets.items():
        put(sub, "diffusion_pytorch_model.safetensors", net)
    write("tokenizer", "spiece.model", vocabulary.model())
    write("scheduler", "scheduler_config.json", {
        "_class_name": "EdmHeunScheduler", "stage1": {"sigma_in": STAGES["fit_stage1"][1], "steps": 32, "pad_rows": [0, 0]},
        "stage2": {"sigma_in": STAGES["fit_stage2"][1], "steps": 12, "pad_rows": [0, 0]}, "upscale": LARGE // SMALL, "sigma_aug": AUG,
        "guidance_hi": 3.0, "guidance_lo": 1.0, "text_length": LENGTH})
    side = LARGE if "fit_stage2" in nets else SMALL
    write(".", "model_index.json", {"_class_name": "SnapVideoPipeline", "_name_or_path": "nano-snapvideo", "defaults": {
        "width": side, "height": side, "frames": FRAMES, "fps": int(FPS), "sampler": "edm", "steps": 32, "guidance_scale": 3.0,
        "prompt": "a big red circle moving right on a white background"}})


def show(file, vocabulary, text, nets):
    """eight scenes never trained on, as a picture"""
    rng = np.random.default_rng(77)
    picked = [scenes.random_scene(rng, pairs=0.0, held_out=True) for _ in range(8)]
    states = text(torch.tensor([padded(vocabulary, plain(s)) for s in picked]))
    g = torch.Generator().manual_seed(1)
    video = sample(nets["fit_stage1"], STAGES["fit_stage1"][1], 24, states, TOLD, 3.0, generator=g)
    if "fit_stage2" in nets:
        up = F.interpolate(video.transpose(1, 2).flatten(0, 1), scale_factor=LARGE / SMALL, mode="bilinear", align_corners=False).clamp(-1, 1)
        up = up.unflatten(0, (len(video), -1)).transpose(1, 2)
        video = sample(nets["fit_stage2"], STAGES["fit_stage2"][1], 10, states, TOLD, 3.0, up + AUG * torch.randn(up.shape, generator=g), g)
    sheet(file, [to_uint8(v.permute(1, 2, 3, 0)) for v in video], [plain(s) for s in picked])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default=path("snapvideo"))
    ap.add_argument("--clips", type=int, default=3000)
    ap.add_argument("--minutes", type=float, default=90, help="processor time of both stages together")
    ap.add_argument("--init", help="a model folder made by this script: its stages are trained further")
    ap.add_argument("--only", choices=list(STAGES), help="train one stage, so that two processes train side by side; without, the rest")
    a = ap.parse_args()
    vocabulary = Vocabulary(words())
    text_file = path("t5.pt")
    if not os.path.exists(text_file):
        trained = weights.read(os.path.join(a.init, "text_encoder", "model.safetensors")) if a.init else train_text(vocabulary).state_dict()
        torch.save(trained, text_file)
    text = T5(T5Config(len(vocabulary.pieces))).eval()
    text.load_state_dict(torch.load(text_file))
    clips, ids, places = make_clips(a.clips, vocabulary)
    print(f"{len(vocabulary.pieces)} pieces, {len(clips)} clips, {time.process_time():.0f} s", flush=True)
    nets = {}
    for name in STAGES:
        if a.only in (None, name):
            nets[name] = train(name, clips, ids, places, text, a.minutes / 2, 32 if name == "fit_stage1" else 8, a.init)
        if a.only:
            continue
        export(a.out, vocabulary, text, nets)
        show(path(name + ".png"), vocabulary, text, nets)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
