"""MagicVideo's U-Net in plain PyTorch, with the names of diffusers' UNet2DConditionModel: what the engine loads.

Frames are folded into the batch, (B * F, C, H, W). Every convolution and spatial attention has a frame-wise adaptor
behind it; directed attention over frames stands beside the spatial one and starts as zero, so that a fresh network
treats every frame by itself. Source: MagicVideo, 2022, figure 3.
"""
import math
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass(frozen=True)
class Config:
    in_channels: int = 4
    out_channels: int = 4
    block_out_channels: tuple = (32, 64)
    attn_levels: tuple = (True, True)
    layers_per_block: int = 1
    heads: int = 2
    context_dim: int = 64
    norm_groups: int = 4
    num_frames: int = 4
    mask_mode: str = "pre"

    def fields(self):
        return asdict(self)


class Adaptor(nn.Module):
    def __init__(self, frames, channels):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(frames, channels)), nn.Parameter(torch.zeros(frames, channels))

    def forward(self, x, f):
        y = x.unflatten(0, (-1, f)) * self.gamma[:f, :, None, None] + self.beta[:f, :, None, None]
        return y.flatten(0, 1)


def attend(q, k, v, heads, hidden=None):
    """softmax(q k^T / sqrt(d) + mask) v over (N, L, C)"""
    split = lambda x: x.unflatten(-1, (heads, -1)).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    score = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    if hidden is not None:
        score = score.masked_fill(hidden, float("-inf"))
    return (score.softmax(-1) @ v).transpose(1, 2).flatten(2)


class Attention(nn.Module):
    def __init__(self, dim, context, heads):
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k, self.to_v = nn.Linear(dim, dim, False), nn.Linear(context, dim, False), nn.Linear(context, dim, False)
        self.to_out = nn.ModuleList([nn.Linear(dim, dim)])

    def forward(self, x, context, hidden=None):
        return self.to_out[0](attend(self.to_q(x), self.to_k(context), self.to_v(context), self.heads, hidden))


class Directed(Attention):
    """over frames at each pixel; frame i sees frames 0 to i. Gives the change alone."""

    def __init__(self, dim, heads, frames):
        super().__init__(dim, dim, heads)
        self.norm, self.pos_emb = nn.LayerNorm(dim), nn.Parameter(0.1 * torch.randn(frames, dim))
        nn.init.zeros_(self.to_out[0].weight)
        nn.init.zeros_(self.to_out[0].bias)

    def forward(self, x, f):
        n, c, h, w = x.shape
        t = x.unflatten(0, (-1, f)).permute(0, 3, 4, 1, 2).reshape(-1, f, c)
        t = self.norm(t) + self.pos_emb[:f]
        t = super().forward(t, t, torch.ones(f, f, dtype=torch.bool, device=x.device).triu(1))
        return t.reshape(n // f, h, w, f, c).permute(0, 3, 4, 1, 2).reshape(n, c, h, w)


class Gate(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = nn.Linear(dim, 8 * dim)

    def forward(self, x):
        value, gate = self.proj(x).chunk(2, -1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.net = nn.Sequential(Gate(dim), nn.Identity(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        return self.net(x)


class Block(nn.Module):
    def __init__(self, dim, context, heads):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(dim), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn1, self.attn2, self.ff = Attention(dim, dim, heads), Attention(dim, context, heads), FeedForward(dim)

    def forward(self, x, context):
        y = self.norm1(x)
        x = x + self.attn1(y, y)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Spatial(nn.Module):
    def __init__(self, dim, cfg):
        super().__init__()
        self.norm, self.proj_in, self.proj_out = nn.GroupNorm(cfg.norm_groups, dim, 1e-6), nn.Conv2d(dim, dim, 1), nn.Conv2d(dim, dim, 1)
        self.transformer_blocks = nn.ModuleList([Block(dim, cfg.context_dim, cfg.heads)])

    def forward(self, x, context):
        t = self.transformer_blocks[0](self.proj_in(self.norm(x)).flatten(2).transpose(1, 2), context)
        return x + self.proj_out(t.transpose(1, 2).reshape(x.shape))


class Res(nn.Module):
    def __init__(self, cin, cout, emb, cfg):
        super().__init__()
        self.norm1, self.conv1, self.adaptor1 = nn.GroupNorm(cfg.norm_groups, cin), nn.Conv2d(cin, cout, 3, padding=1), Adaptor(cfg.num_frames, cout)
        self.norm2, self.conv2, self.adaptor2 = nn.GroupNorm(cfg.norm_groups, cout), nn.Conv2d(cout, cout, 3, padding=1), Adaptor(cfg.num_frames, cout)
        self.time_emb_proj = nn.Linear(emb, cout)
        if cin != cout:
            self.conv_shortcut = nn.Conv2d(cin, cout, 1)

    def forward(self, x, emb, f):
        y = self.adaptor1(self.conv1(F.silu(self.norm1(x))), f) + self.time_emb_proj(emb)[:, :, None, None]
        y = self.adaptor2(self.conv2(F.silu(self.norm2(y))), f)
        return y + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Sampler(nn.Module):
    def __init__(self, c, up, cfg):
        super().__init__()
        self.up, self.conv, self.adaptor = up, nn.Conv2d(c, c, 3, 1 if up else 2, 1), Adaptor(cfg.num_frames, c)

    def forward(self, x, f):
        return self.adaptor(self.conv(F.interpolate(x, scale_factor=2.0) if self.up else x), f)


class Stage(nn.Module):
    def __init__(self, inputs, c, emb, attends, cfg, sampler=None):
        super().__init__()
        self.resnets = nn.ModuleList([Res(i, c, emb, cfg) for i in inputs])
        self.attentions = nn.ModuleList([Spatial(c, cfg) for _ in range(attends)])
        self.attn_adaptors = nn.ModuleList([Adaptor(cfg.num_frames, c) for _ in range(attends)])
        self.temporal_attentions = nn.ModuleList([Directed(c, cfg.heads, cfg.num_frames) for _ in range(attends)])
        if sampler:
            setattr(self, sampler + "samplers", nn.ModuleList([Sampler(c, sampler == "up", cfg)]))

    def layer(self, i, x, emb, context, f):
        x = self.resnets[i](x, emb, f)
        if i < len(self.attentions):
            x = self.attn_adaptors[i](self.attentions[i](x, context), f) + self.temporal_attentions[i](x, f)
        return x


class Embedding(nn.Module):
    def __init__(self, c, emb):
        super().__init__()
        self.c, self.linear_1, self.linear_2 = c, nn.Linear(c, emb), nn.Linear(emb, emb)

    def forward(self, v):
        half = self.c // 2
        a = v.float()[:, None] * torch.exp(-math.log(10000.0) * torch.arange(half) / half).to(v.device)
        return self.linear_2(F.silu(self.linear_1(torch.cat([a.cos(), a.sin()], -1))))


class UNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg, width, n = cfg, cfg.block_out_channels, cfg.layers_per_block
        emb, last = 4 * width[0], len(width) - 1
        self.conv_in, self.conv_in_adaptor = nn.Conv2d(cfg.in_channels, width[0], 3, padding=1), Adaptor(cfg.num_frames, width[0])
        self.time_embedding, self.fps_embedding = Embedding(width[0], emb), Embedding(width[0], emb)
        self.down_blocks, self.up_blocks, skips, c = nn.ModuleList(), nn.ModuleList(), [width[0]], width[0]
        for i, w in enumerate(width):
            self.down_blocks.append(Stage([c] + [w] * (n - 1), w, emb, n * cfg.attn_levels[i], cfg, "down" if i < last else None))
            skips += [w] * (n + (i < last))
            c = w
        self.mid_block = Stage([c, c], c, emb, 1, cfg)
        for i in range(last, -1, -1):
            w = width[i]
            inputs = [(c if j == 0 else w) + skips.pop() for j in range(n + 1)]
            self.up_blocks.append(Stage(inputs, w, emb, (n + 1) * cfg.attn_levels[i], cfg, "up" if i else None))
            c = w
        self.conv_norm_out, self.conv_out = nn.GroupNorm(cfg.norm_groups, c), nn.Conv2d(c, cfg.out_channels, 3, padding=1)

    def forward(self, x, t, context, fps):
        """x (B, F, C, H, W); t, fps (B,); context (B, L, D) -> the noise in x"""
        b, f = x.shape[:2]
        emb = F.silu(self.time_embedding(t) + self.fps_embedding(fps)).repeat_interleave(f, 0)
        context = context.repeat_interleave(f, 0)
        h = self.conv_in_adaptor(self.conv_in(x.flatten(0, 1)), f)
        skips = [h]
        for s in self.down_blocks:
            for i in range(len(s.resnets)):
                h = s.layer(i, h, emb, context, f)
                skips.append(h)
            if hasattr(s, "downsamplers"):
                h = s.downsamplers[0](h, f)
                skips.append(h)
        for i in range(2):
            h = self.mid_block.layer(i, h, emb, context, f)
        for s in self.up_blocks:
            for i in range(len(s.resnets)):
                h = s.layer(i, torch.cat([h, skips.pop()], 1), emb, context, f)
            if hasattr(s, "upsamplers"):
                h = s.upsamplers[0](h, f)
        return self.conv_out(F.silu(self.conv_norm_out(h))).unflatten(0, (b, f))
