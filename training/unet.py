"""The space-time U-Net of VideoCrafter2 and Hummingbird, with their key names.

`T` frames of a clip lie one behind the other: (B * T, H * W, C), channels-last. `images=True` skips every temporal
layer (they start as identities), for the cheap stage on single frames.
"""
import math
from dataclasses import asdict, dataclass, replace

import torch
import torch.nn as nn
import torch.nn.functional as F

import ops
from ops import Conv3x3, Linear, Norm, double

GN_EPS, TRANSFORMER_GN_EPS = 1e-5, 1e-6


@dataclass(frozen=True)
class UNetConfig:
    in_channels: int = 8
    out_channels: int = 8
    model_channels: int = 32
    channel_mult: tuple = (1, 2)
    num_res_blocks: int = 2
    attention_resolutions: tuple = (2,)
    head_dim: int = 16
    context_dim: int = 64
    has_middle: bool = True
    init_attn_heads: int = 2
    time_cond_dim: int = 0                   # width of the guidance embedding; 0 = none (the teacher)
    groups: int = 4

    @property
    def emb_dim(self):
        return 4 * self.model_channels


TEACHER = UNetConfig()
STUDENT = replace(TEACHER, num_res_blocks=1, has_middle=False, time_cond_dim=256)


def timestep_embedding(t, dim):
    """cosines first, then sines; frequency k is 10000^(-k / (dim / 2))"""
    half = dim // 2
    freq = torch.exp(torch.arange(half, dtype=torch.float32, device=t.device) * (-math.log(10000.0) / half))
    arg = t.float()[:, None] * freq
    return torch.cat([arg.cos(), arg.sin()], 1)


def guidance_embedding(w, dim=256):
    """sines first, then cosines, of 1000 w; the exponent's denominator is half - 1"""
    half = dim // 2
    freq = torch.exp(torch.arange(half, dtype=torch.float32) * -(torch.log(torch.tensor(10000.0)) / (half - 1)))
    arg = (w.float() * 1000.0)[:, None] * freq.to(w.device)
    return torch.cat([arg.sin(), arg.cos()], 1)


def mlp_embed(cin, cout):
    return nn.Sequential(nn.Linear(cin, cout), nn.SiLU(), nn.Linear(cout, cout))


class TemporalConv(nn.Module):
    """four [group norm over the clip, SiLU, convolution over three frames] and the identity"""

    def __init__(self, c, groups):
        super().__init__()
        for i in range(1, 5):
            drop = [] if i == 1 else [nn.Identity()]                   # a dropout in the original: shifts the index
            setattr(self, f"conv{i}", nn.Sequential(Norm(groups, c, GN_EPS), nn.SiLU(), *drop,
                                                    nn.Conv3d(c, c, (3, 1, 1))))

    def forward(self, x, frames):
        n, p, c = x.shape
        y = x.reshape(n // frames, frames * p, c)
        for i in range(1, 5):
            seq, d = getattr(self, f"conv{i}"), ops.matmul_dtype
            h = seq[0](y, True).reshape(-1, frames, p, c).permute(0, 3, 1, 2)
            w = seq[-1].weight.squeeze(-1).to(d).contiguous(memory_format=torch.channels_last)
            h = F.conv2d(h, w, seq[-1].bias.to(d), padding=(1, 0))
            y = h.permute(0, 2, 3, 1).reshape(n // frames, frames * p, c)
        return x + y.reshape(n, p, c)


class ResBlock(nn.Module):
    def __init__(self, cin, cout, cfg):
        super().__init__()
        self.in_layers = nn.Sequential(Norm(cfg.groups, cin, GN_EPS), nn.SiLU(), Conv3x3(cin, cout))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(cfg.emb_dim, cout))
        self.out_layers = nn.Sequential(Norm(cfg.groups, cout, GN_EPS), nn.SiLU(), nn.Identity(), Conv3x3(cout, cout))
        self.skip_connection = ops.Conv1x1(cin, cout) if cin != cout else nn.Identity()
        self.temopral_conv = TemporalConv(cout, cfg.groups)            # the checkpoints' own spelling

    def forward(self, x, emb, frames, h, w, images):
        y = self.in_layers[2](self.in_layers[0](x, True), h, w) + self.emb_layers(emb).repeat_interleave(frames, 0)[:, None]
        y = self.skip_connection(x).float() + self.out_layers[3](self.out_layers[0](y, True), h, w)
        return y if images else self.temopral_conv(y, frames)


def attend(q, k, v, heads):
    """(N, L, heads * d) each -> the same; plain batched products: the sequences are short"""
    split = lambda x: x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    p = torch.softmax((q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5, -1)
    return (p.to(v.dtype) @ v).transpose(1, 2).reshape(q.shape[0], q.shape[2], -1)


class Attention(nn.Module):
    def __init__(self, dim, kv_dim, heads, head_dim):
        super().__init__()
        self.heads, inner = heads, heads * head_dim
        self.to_q, self.to_k, self.to_v = (Linear(d, inner, bias=False) for d in (dim, kv_dim, kv_dim))
        self.to_out = nn.Sequential(Linear(inner, dim), nn.Identity())

    def forward(self, x, context=None):
        n, l, d = x.shape
        kv = x if context is None else context
        q = self.to_q(x)
        if kv.shape[0] != n:                                            # text keys once a clip, not once a frame
            q = q.reshape(kv.shape[0], -1, q.shape[-1])
        return self.to_out(attend(q, self.to_k(kv), self.to_v(kv), self.heads).reshape(n, l, -1))


class GEGLU(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = Linear(dim, 8 * dim)

    def forward(self, x):
        value, gate = self.proj(x).chunk(2, -1)
        return value * F.gelu(gate)


class TransformerBlock(nn.Module):
    def __init__(self, dim, heads, head_dim, kv_dim):
        super().__init__()
        self.attn1, self.attn2 = Attention(dim, dim, heads, head_dim), Attention(dim, kv_dim, heads, head_dim)
        self.ff = nn.Module()
        self.ff.net = nn.Sequential(GEGLU(dim), nn.Identity(), Linear(4 * dim, dim))
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(dim) for _ in range(3))

    def forward(self, x, context=None):
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff.net(self.norm3(x))


class Transformer(nn.Module):
    """spatial: tokens of one frame, text in attn2; temporal: the frames at one position, no positions, no text"""

    def __init__(self, c, cfg, temporal, inner=None):
        super().__init__()
        inner, self.temporal = inner or c, temporal
        as_conv = temporal and inner != c or temporal == "init"
        self.norm = Norm(cfg.groups, c, TRANSFORMER_GN_EPS)
        self.proj_in, self.proj_out = (nn.Conv1d(a, b, 1) if as_conv else Linear(a, b) for a, b in ((c, inner), (inner, c)))
        self.transformer_blocks = nn.ModuleList([TransformerBlock(
            inner, inner // cfg.head_dim, cfg.head_dim, inner if temporal else cfg.context_dim)])

    @staticmethod
    def linear(layer, x):
        d = ops.matmul_dtype
        return F.linear(x.to(d), layer.weight.reshape(layer.weight.shape[:2]).to(d), layer.bias.to(d))

    def forward(self, x, frames, context=None):
        n, p, c = x.shape
        if not self.temporal:
            y = self.linear(self.proj_in, self.norm(x)).float()
            return x + self.linear(self.proj_out, self.transformer_blocks[0](y, context))
        b = n // frames
        y = self.linear(self.proj_in, self.norm(x.reshape(b, frames * p, c))).float()
        y = y.reshape(b, frames, p, -1).transpose(1, 2).reshape(b * p, frames, -1)
        y = self.linear(self.proj_out, self.transformer_blocks[0](y))
        return x + y.reshape(b, p, frames, c).transpose(1, 2).reshape(n, p, c)


class Down(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.op = Conv3x3(c, c, 2)


class Up(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = Conv3x3(c, c)


def build_plan(cfg):
    """lists of stages; a stage is a list of (kind, channels in, channels out, factor)"""
    def block(cin, cout, factor, attention=None):
        layers = [("res", cin, cout)]
        if factor in cfg.attention_resolutions if attention is None else attention:
            layers += [("spatial", cout, cout), ("temporal", cout, cout)]
        return layers

    m, last = cfg.model_channels, len(cfg.channel_mult) - 1
    ins, skips, c, factor = [[("stem", cfg.in_channels, m)]], [m], m, 1
    for level, mult in enumerate(cfg.channel_mult):
        for _ in range(cfg.num_res_blocks):
            ins.append(block(c, m * mult, factor))
            c = m * mult
            skips.append(c)
        if level != last:
            ins.append([("down", c, c)])
            skips.append(c)
            factor *= 2
    middle = block(c, c, factor, True) + [("res", c, c)] if cfg.has_middle else []
    outs = []
    for level in range(last, -1, -1):
        for i in range(cfg.num_res_blocks + 1):
            out = m * cfg.channel_mult[level]
            outs.append(block(c + skips.pop(), out, factor))
            c = out
            if level and i == cfg.num_res_blocks:
                outs[-1].append(("up", c, c))
        factor //= 2
    return ins, middle, outs


class UNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg, self.images = cfg, False
        self.ins, self.mid, self.outs = build_plan(cfg)
        m, e = cfg.model_channels, cfg.emb_dim
        self.time_embed, self.fps_embedding = mlp_embed(m, e), mlp_embed(m, e)
        if cfg.time_cond_dim:
            self.time_cond_proj = nn.Linear(cfg.time_cond_dim, m, bias=False)
        self.input_blocks = nn.ModuleList([self.make(s) for s in self.ins])
        self.init_attn = nn.ModuleList([Transformer(m, cfg, "init", cfg.init_attn_heads * cfg.head_dim)])
        if cfg.has_middle:
            self.middle_block = self.make(self.mid)
        self.output_blocks = nn.ModuleList([self.make(s) for s in self.outs])
        self.out = nn.Sequential(Norm(cfg.groups, m, GN_EPS), nn.SiLU(), Conv3x3(m, cfg.out_channels, exact=True))
        self.reset()

    def make(self, stage):
        kinds = {"stem": lambda a, b: Conv3x3(a, b, exact=True), "res": lambda a, b: ResBlock(a, b, self.cfg),
                 "spatial": lambda a, b: Transformer(b, self.cfg, None),
                 "temporal": lambda a, b: Transformer(b, self.cfg, "clip"),
                 "down": lambda a, b: Down(b), "up": lambda a, b: Up(b)}
        return nn.ModuleList([kinds[k](a, b) for k, a, b in stage])

    @torch.no_grad()
    def reset(self):
        """as in the original: residual branches, transformers and temporal layers end in zeros"""
        for m in self.modules():
            last = [m.out_layers[-1]] if isinstance(m, ResBlock) else [m.conv4[-1]] if isinstance(m, TemporalConv) \
                else [m.proj_out] if isinstance(m, Transformer) else []
            for layer in last:
                nn.init.zeros_(layer.weight); nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.out[-1].weight); nn.init.zeros_(self.out[-1].bias)
        if self.cfg.time_cond_dim:
            nn.init.zeros_(self.time_cond_proj.weight)

    def run(self, stage, modules, x, size, emb, context, frames):
        for (kind, _, _), mod in zip(stage, modules):
            h, w = size
            if kind == "res":
                x = mod(x, emb, frames, h, w, self.images)
            elif kind == "spatial":
                x = mod(x, frames, context)
            elif kind == "temporal":
                x = x if self.images else mod(x, frames)
            elif kind == "stem":
                x = mod(x, h, w)
            elif kind == "down":
                x, size = mod.op(x, h, w).float(), (h // 2, w // 2)
            else:
                x, size = mod.conv(double(x.to(ops.matmul_dtype), h, w), 2 * h, 2 * w).float(), (2 * h, 2 * w)
        return x, size

    def forward(self, x, t, context, fps, w=None, taps=None):
        """x (B, T, H, W, C) -> eps alike; t, fps (B,); context (B, L, D); w (B, time_cond_dim) or None"""
        b, frames, h, wd, c = x.shape
        e = timestep_embedding(t, self.cfg.model_channels)
        if w is not None:
            e = e + self.time_cond_proj(w)
        emb = self.time_embed(e) + self.fps_embedding(timestep_embedding(fps, self.cfg.model_channels))
        y, size, skips = x.reshape(b * frames, h * wd, c), (h, wd), []
        for i, (stage, mods) in enumerate(zip(self.ins, self.input_blocks)):
            y, size = self.run(stage, mods, y, size, emb, context, frames)
            if i == 0 and not self.images:
                y = self.init_attn[0](y, frames)
            skips.append(y)
        if self.cfg.has_middle:
            y, size = self.run(self.mid, self.middle_block, y, size, emb, context, frames)
        if taps is not None:
            taps["deep"] = y
        for stage, mods in zip(self.outs, self.output_blocks):
            y, size = self.run(stage, mods, torch.cat([y, skips.pop()], -1), size, emb, context, frames)
        return self.out[2](self.out[0](y, True).float(), h, wd).reshape(x.shape)

    def config(self):
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self.cfg).items()}
