"""Trains a tiny MagicVideo on single-object scenes: keyframes and the frames between, in nano's latents.

    python3 train_magicvideo.py --clips 1500 --minutes 20 --out ../models/nano-magicvideo

Text encoder, tokenizer and auto-encoder are those of a trained nano folder and stay as they are; the VideoVAE is its
auto-encoder under diffusers' names, with no attention over frames (an absent one adds nothing). Clips are 64 x 64:
13 frames, of which 0, 4, 8 and 12 are keyframes and each pair of those with the three between is an example of the
interpolation network: slots (first, second, between, between, between), a mask as fifth channel. Started again, it goes on.
"""
import argparse
import json
import os
import shutil

import numpy as np
import torch
import torch.nn.functional as F

import scenes
import weights
from captions import caption, plain
from common import path, train_for
from magicvideo import Config, UNet
from schedule import add_noise
from text import TextConfig, TextEncoder
from tokenizer import Tokenizer
from vae import AutoencoderKL, VAEConfig

FRAMES, STEP, KEYFRAME_FPS = 13, 4, 2
KEYS = Config()
BETWEEN = Config(in_channels=5, num_frames=STEP + 1)


def read_json(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as f:
        return json.load(f)


def open_nano(folder):
    v, t = read_json(folder, "vae", "config.json"), read_json(folder, "text_encoder", "config.json")
    vae = AutoencoderKL(VAEConfig(v["ch"], tuple(v["ch_mult"]), v["num_res_blocks"], v["z_channels"], v["groups"], v["eps"], v["scaling_factor"]))
    vae.load_state_dict(weights.read(os.path.join(folder, "vae", "diffusion_pytorch_model.safetensors")))
    text = TextEncoder(TextConfig(t["vocab_size"], t["max_position_embeddings"], t["hidden_size"], t["num_attention_heads"], t["num_hidden_layers"], t["projection_dim"]))
    text.load_state_dict(weights.read(os.path.join(folder, "text_encoder", "model.safetensors")))
    return vae.eval(), text.eval(), Tokenizer(os.path.join(folder, "tokenizer")), v, t


@torch.no_grad()
def make_clips(count, vae, text, tok, length, seed=31):
    """scaled latents (N, 13, 4, 8, 8) and token ids of two captions each, (N, 2, L)"""
    rng, latents, ids = np.random.default_rng(seed), [], []
    for i in range(count):
        scene = scenes.random_scene(rng, pairs=0.0)
        frames = torch.from_numpy(scenes.paint(scene, scenes.tracks(scene, rng), range(FRAMES))).float() / 127.5 - 1
        small = F.avg_pool2d(frames.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1).contiguous()
        z, _ = vae.encode(small)
        latents.append((z * vae.cfg.scale_factor).permute(0, 3, 1, 2).half())
        ids.append([tok(plain(scene), length), tok(caption(scene, rng), length)])
    return torch.stack(latents), torch.tensor(ids)


def example(z, net):
    """a batch for either network: clean latents (B, F, 4, H, W), its frame rate, and which slots are given"""
    if net is KEYS:
        return z[:, ::STEP], KEYFRAME_FPS, 0
    first = STEP * int(torch.randint(FRAMES // STEP, ()))
    order = [first, first + STEP] + list(range(first + 1, first + STEP))
    return z[:, order], KEYFRAME_FPS * STEP, 2


def loss_of(net, cfg, z, context):
    clean, fps, given = example(z, cfg)
    t = torch.randint(0, 1000, (len(z),))
    noise = torch.randn_like(clean)
    x = add_noise(clean, noise, t)
    if given:
        mask = torch.zeros_like(x[:, :, :1])
        mask[:, :given] = 1
        x = torch.cat([torch.where(mask > 0, clean, x), mask], 2)
    eps = net(x, t, context, torch.full((len(z),), float(fps)))
    return F.mse_loss(eps[:, given:], noise[:, given:])


def train(name, cfg, latents, ids, text, minutes, batch, rate):
    net = UNet(cfg)
    with torch.no_grad():
        empty = text(torch.tensor([EMPTY]))

    def loss():
        pick = torch.randint(len(latents), (batch,))
        with torch.no_grad():
            context = text(ids[pick, torch.randint(2, (batch,))])
            context[torch.rand(batch) < 0.1] = empty[0]
        return loss_of(net, cfg, latents[pick].float(), context)

    return train_for(minutes, name, net, loss, rate)


def diffusers_names(state, levels):
    """AutoencoderKL of latent-diffusion to diffusers: decoder levels count from the deepest, projections are linear"""
    out = {}
    for key, v in state.items():
        for old, new in ((".mid.block_1.", ".mid_block.resnets.0."), (".mid.block_2.", ".mid_block.resnets.1."), (".mid.attn_1.norm.", ".mid_block.attentions.0.group_norm."),
                         (".mid.attn_1.q.", ".mid_block.attentions.0.to_q."), (".mid.attn_1.k.", ".mid_block.attentions.0.to_k."),
                         (".mid.attn_1.v.", ".mid_block.attentions.0.to_v."), (".mid.attn_1.proj_out.", ".mid_block.attentions.0.to_out.0."),
                         ("norm_out.", "conv_norm_out."), ("nin_shortcut", "conv_shortcut"), (".block.", ".resnets."),
                         ("downsample.conv", "downsamplers.0.conv"), ("upsample.conv", "upsamplers.0.conv")):
            key = key.replace(old, new)
        part = key.split(".")
        if part[1] in ("down", "up"):
            part[1], part[2] = part[1] + "_blocks", part[2] if part[1] == "down" else str(levels - 1 - int(part[2]))
            key = ".".join(part)
        out[key] = v.flatten(1) if ".attentions.0.to_" in key and v.dim() == 4 else v
    return out


def export(out, nano, nets, vae, v):
    for sub in ("tokenizer", "text_encoder"):
        shutil.copytree(os.path.join(nano, sub), os.path.join(out, sub), dirs_exist_ok=True)

    def put(sub, config, state):
        os.makedirs(os.path.join(out, sub), exist_ok=True)
        weights.write(os.path.join(out, sub, "diffusion_pytorch_model.safetensors"), {k: x.half() for k, x in state.items()}, {"format": "pt"})
        write(sub, "config.json", config)

    def write(sub, name, value):
        os.makedirs(os.path.join(out, sub), exist_ok=True)
        with open(os.path.join(out, sub, name), "w", encoding="utf-8") as f:
            json.dump(value, f, indent=2)
            f.write("\n")

    for sub, net in nets.items():
        put(sub, net.cfg.fields(), net.state_dict())
    put("video_vae", {"in_channels": 3, "z_channels": v["z_channels"], "channels": v["ch"], "mults": v["ch_mult"], "layers_per_block": v["num_res_blocks"],
                      "norm_groups": v["groups"], "num_frames": 16, "temporal_heads": 2, "temporal_sites": ["mid", "up.1"], "mask_mode": "pre",
                      "scale": v["scaling_factor"]}, diffusers_names(vae.state_dict(), len(v["ch_mult"])))
    write("scheduler", "scheduler_config.json", {"_class_name": "DDIMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012,
                                                 "num_train_timesteps": 1000, "prediction_type": "epsilon", "num_inference_steps": 25, "guidance_embedding": False})
    between = "interp_unet" in nets
    write(".", "model_index.json", {"_class_name": "MagicVideoPipeline", "_name_or_path": "nano-magicvideo", "defaults": {
        "width": 64, "height": 64, "frames": FRAMES if between else FRAMES // STEP + 1, "fps": KEYFRAME_FPS * (STEP if between else 1), "sampler": "ddim", "steps": 25, "guidance_scale": 3.0,
        "prompt": "a big red circle moving right on a white background"}})


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--nano", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "models", "nano"))
    ap.add_argument("--out", default=path("magicvideo"))
    ap.add_argument("--clips", type=int, default=1500)
    ap.add_argument("--minutes", type=float, default=20, help="processor time of both trainings together")
    ap.add_argument("--batch", type=int, default=24)
    ap.add_argument("--rate", type=float, default=1.5e-3)
    a = ap.parse_args()
    torch.manual_seed(5)
    vae, text, tok, v, t = open_nano(a.nano)
    global EMPTY
    EMPTY = tok("", t["max_position_embeddings"])
    latents, ids = make_clips(a.clips, vae, text, tok, t["max_position_embeddings"])
    print(f"{len(latents)} clips, {time.process_time():.0f} s, latents of deviation {latents.float().std():.3f}", flush=True)
    nets = {"keyframe_unet": train("keyframes", KEYS, latents, ids, text, 0.7 * a.minutes, a.batch, a.rate)}
    export(a.out, a.nano, nets, vae, v)
    nets["interp_unet"] = train("interpolation", BETWEEN, latents, ids, text, 0.3 * a.minutes, a.batch, a.rate)
    export(a.out, a.nano, nets, vae, v)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
