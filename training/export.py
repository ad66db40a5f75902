"""Writes a model folder in fp16, and golden vectors: fp32 arithmetic on the rounded weights, with the noise recorded.

    python3 export.py --name student --out ../models/nano --vectors ../tests/data/vectors/nano_golden.safetensors
"""
import argparse
import json
import os

import numpy as np
import torch

import ops
import scenes
import weights
from common import load, path
from sample import open_model
from pool import load_vae
from schedule import add_noise, clean, lcm_steps
from tokenizer import END, START
from unet import guidance_embedding

PROMPTS = ("a big red circle moving right on a white background",
           "a small blue square bouncing to the left of a big yellow star on a grey background")


def write_json(file, value):
    with open(file, "w", encoding="utf-8") as f:
        json.dump(value, f, indent=2, ensure_ascii=False)
        f.write("\n")


def half(net, drop=()):
    """state dict in fp16; the net itself takes the rounded values"""
    state = {k: v.half() for k, v in net.state_dict().items() if not k.startswith(drop or ("\0",))}
    net.load_state_dict({k: v.float() for k, v in state.items()}, strict=not drop)
    return state


def write_folder(out, tok, text, unet, vae, a):
    for sub in ("unet", "vae", "text_encoder", "scheduler", "tokenizer"):
        os.makedirs(os.path.join(out, sub), exist_ok=True)
    at = lambda *p: os.path.join(out, *p)
    u, v, t = unet.cfg, vae.cfg, text.cfg
    distilled = u.time_cond_dim > 0
    weights.write(at("unet", "diffusion_pytorch_model.safetensors"), half(unet), {"format": "pt"})
    weights.write(at("vae", "diffusion_pytorch_model.safetensors"), half(vae), {"format": "pt"})
    weights.write(at("text_encoder", "model.safetensors"), half(text), {"format": "pt"})
    write_json(at("unet", "config.json"), {
        "_class_name": "VideoCrafterUNet", "name": a.title, "torch_dtype": "float16",
        "in_channels": u.in_channels, "out_channels": u.out_channels, "model_channels": u.model_channels,
        "channel_mult": list(u.channel_mult), "num_res_blocks": u.num_res_blocks,
        "attention_resolutions": list(u.attention_resolutions), "head_dim": u.head_dim, "context_dim": u.context_dim,
        "has_middle": u.has_middle, "init_attn": True, "init_attn_heads": u.init_attn_heads, "fps_cond": True,
        "time_cond_dim": u.time_cond_dim or None, "groups": u.groups, "sample_size": [8, 8], "frames": scenes.FRAMES})
    write_json(at("vae", "config.json"), {
        "_class_name": "AutoencoderKL", "torch_dtype": "float16", "in_channels": 3, "out_channels": 3, "ch": v.ch,
        "ch_mult": list(v.ch_mult), "num_res_blocks": v.num_res_blocks, "z_channels": v.z_channels, "embed_dim": v.z_channels,
        "groups": v.groups, "eps": v.eps, "scaling_factor": v.scale_factor, "downsample_factor": vae.factor})
    write_json(at("text_encoder", "config.json"), {
        "_class_name": "OpenCLIPTextEncoder", "torch_dtype": "float16", "vocab_size": t.vocab_size,
        "max_position_embeddings": t.context_length, "hidden_size": t.width, "intermediate_size": 4 * t.width,
        "num_attention_heads": t.heads, "num_hidden_layers": t.layers, "projection_dim": t.embed_dim, "hidden_act": "gelu",
        "layer_norm_eps": 1e-5, "skip_last": 1, "bos_token_id": tok.ids[START], "eos_token_id": tok.ids[END], "pad_token_id": 0})
    steps, scale = (4, a.w) if distilled else (50, a.w)
    write_json(at("scheduler", "scheduler_config.json"), {
        "_class_name": "LCMScheduler" if distilled else "DDIMScheduler", "beta_schedule": "scaled_linear",
        "beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 1000, "prediction_type": "epsilon",
        "original_inference_steps": 50, "timestep_scaling": 10.0, "sigma_data": 0.5, "eta": 0.0, "use_scale": False,
        "num_inference_steps": steps, "guidance_scale": scale, "guidance_embedding": distilled})
    for name in ("vocab.json", "merges.txt"):
        with open(path("tokenizer/" + name), encoding="utf-8") as f, open(at("tokenizer", name), "w", encoding="utf-8") as g:
            g.write(f.read())
    with open(path("seed/tokenizer/tokenizer_config.json"), encoding="utf-8") as f:
        config = json.load(f)
    if "model_max_length" in config:
        config["model_max_length"] = t.context_length
    write_json(at("tokenizer", "tokenizer_config.json"), config)
    write_json(at("model_index.json"), {
        "_class_name": "HummingbirdPipeline", "_name_or_path": a.title, "tokenizer": ["transformers", "CLIPTokenizer"],
        "text_encoder": ["open_clip", "OpenCLIPTextEncoder"], "unet": ["videocrafter", "VideoCrafterUNet"],
        "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "LCMScheduler" if distilled else "DDIMScheduler"],
        "defaults": {"width": scenes.SIZE_PX, "height": scenes.SIZE_PX, "frames": scenes.FRAMES, "fps": 8,
                     "sampler": "lcm" if distilled else "ddim", "steps": steps, "guidance_scale": scale, "prompt": PROMPTS[0]}})


@torch.no_grad()
def golden(tok, text, unet, vae, w, seed=1234):
    """what a port must reproduce: tensors in PyTorch's order (B, C, T, H, W), frames as uint8 (B, T, H, W, 3)"""
    n, generator, ts = len(PROMPTS), torch.Generator().manual_seed(seed), lcm_steps(4)
    ids = torch.tensor([tok(p) for p in PROMPTS])
    draw = lambda: torch.randn(n, unet.cfg.in_channels, scenes.FRAMES, 8, 8, generator=generator)
    ours = lambda x: x.permute(0, 2, 3, 4, 1)
    context, emb, fps = text(ids), guidance_embedding(torch.full((n,), float(w))), torch.full((n,), 8)
    out = {"token_ids": ids, "text_states": context, "w_embedding": emb, "initial_noise": draw()}
    x = ours(out["initial_noise"])
    for i, t in enumerate(ts):
        now, out[f"step{i}_noise"] = torch.full((n,), int(t)), draw()
        eps = unet(x, now, context, fps, emb)
        if i == 0:
            out["eps_t999"] = eps.permute(0, 4, 1, 2, 3)
        x0 = clean(x, eps, now)
        x = add_noise(x0, ours(out[f"step{i}_noise"]), torch.full((n,), int(ts[min(i + 1, 3)])))
    out["final_latents"] = x0.permute(0, 4, 1, 2, 3)
    frames = vae.decode(x0.flatten(0, 1) / vae.cfg.scale_factor).reshape(n, scenes.FRAMES, scenes.SIZE_PX, scenes.SIZE_PX, 3)
    out["frames_u8"] = (((frames.clamp(-1, 1) + 1) / 2) * 255).to(torch.uint8)
    facts = {"prompts": " | ".join(PROMPTS), "seed": str(seed), "sampler": "lcm", "steps": "4", "guidance": str(w), "fps": "8",
             "noise": "torch.Generator().manual_seed(seed): the start, then one draw a step",
             "dtype": "fp32 arithmetic, weights = the fp16 values of the model folder"}
    return out, facts


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="student")
    ap.add_argument("--out", required=True)
    ap.add_argument("--title", default="nano")
    ap.add_argument("--w", type=float, default=4.0)
    ap.add_argument("--vectors", default="")
    a = ap.parse_args()
    ops.use_bf16(False)
    tok, text, unet = open_model(a.name)
    vae = load_vae()
    write_folder(a.out, tok, text.cpu(), unet.cpu(), vae.cpu(), a)
    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(a.out) for f in fs)
    print(f"{a.out}: {size / 1e6:.2f} MB")
    if a.vectors:
        weights.write(a.vectors, *golden(tok, text, unet, vae, a.w))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
