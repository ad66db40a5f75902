"""Snap Video's FIT in plain PyTorch with the engine's names, its noise and its sampler. Source: Menapace et al. 2024, sections 3.1, 3.2."""
import math
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass(frozen=True)
class Config:
    size: tuple
    patch: tuple
    group: tuple
    patch_dim: int
    latent_count: int
    global_layers: int
    cond_channels: int = 0
    in_channels: int = 3
    latent_dim: int = 128
    blocks: int = 2
    local_layers: int = 0
    patch_head_dim: int = 32
    latent_head_dim: int = 32
    ctx_dim: int = 96
    text_dim: int = 64
    fourier: int = 8
    ff_mult: int = 4

    def fields(self):
        return asdict(self)


class Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight)


class Attention(nn.Module):
    def __init__(self, dim, head_dim, other=None):
        super().__init__()
        inner = min(dim, other or dim)
        self.heads, self.norm_q = inner // head_dim, Norm(dim)
        if other:
            self.norm_kv = Norm(other)
        self.to_q, self.to_kv, self.to_out = nn.Linear(dim, inner, False), nn.Linear(other or dim, 2 * inner, False), nn.Linear(inner, dim, False)

    def forward(self, x, y=None):
        x = self.norm_q(x)
        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        k, v = self.to_kv(x if y is None else self.norm_kv(y)).chunk(2, -1)
        q = split(self.to_q(x))
        score = (q @ split(k).transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
        return self.to_out((score @ split(v)).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, dim, mult):
        super().__init__()
        self.norm, self.fc1, self.fc2 = Norm(dim), nn.Linear(dim, mult * dim), nn.Linear(mult * dim, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(self.norm(x))))


class SelfLayer(nn.Module):
    def __init__(self, dim, head_dim, mult):
        super().__init__()
        self.attn, self.ff = Attention(dim, head_dim), FeedForward(dim, mult)

    def forward(self, x):
        x = x + self.attn(x)
        return x + self.ff(x)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.local_layers = nn.ModuleList([SelfLayer(c.patch_dim, c.patch_head_dim, c.ff_mult) for _ in range(c.local_layers)])
        self.ctx_attn, self.ctx_ff = Attention(c.latent_dim, c.patch_head_dim, c.ctx_dim), FeedForward(c.latent_dim, c.ff_mult)
        self.read_attn, self.read_ff = Attention(c.latent_dim, c.patch_head_dim, c.patch_dim), FeedForward(c.latent_dim, c.ff_mult)
        self.global_layers = nn.ModuleList([SelfLayer(c.latent_dim, c.latent_head_dim, c.ff_mult) for _ in range(c.global_layers)])
        self.write_attn, self.write_ff = Attention(c.patch_dim, c.patch_head_dim, c.latent_dim), FeedForward(c.patch_dim, c.ff_mult)

    def forward(self, p, latents, ctx):
        """p (B * G, n, Cp), latents (B, G * l, Cl), ctx (B, M, Cc)"""
        for layer in self.local_layers:
            p = layer(p)
        latents = latents + self.ctx_attn(latents, ctx)
        latents = latents + self.ctx_ff(latents)
        own = latents.reshape(len(p), -1, latents.shape[-1])
        own = own + self.read_attn(own, p)
        latents = (own + self.read_ff(own)).reshape(latents.shape)
        for layer in self.global_layers:
            latents = layer(latents)
        p = p + self.write_attn(p, latents.reshape(own.shape))
        return p + self.write_ff(p), latents


class Number(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.freqs = nn.Parameter(torch.randn(c.fourier // 2))
        self.mlp = nn.Sequential(nn.Linear(c.fourier + 1, 4 * c.patch_dim), nn.GELU(), nn.Linear(4 * c.patch_dim, c.ctx_dim))

    def forward(self, u):
        a = 2 * math.pi * u[:, None] * self.freqs
        return self.mlp(torch.cat([u[:, None], a.sin(), a.cos()], -1))


def waves(places, dim, scale=0.5):
    """(N, 3) -> (N, dim): sines and cosines of each coordinate, from half a wave over the whole axis upwards"""
    rates = math.pi * torch.arange(1, dim // 6 + 1)
    angles = places[..., None] * rates
    return scale * F.pad(torch.cat([angles.sin(), angles.cos()], -1).flatten(1), (0, dim - dim // 6 * 6))


class Fit(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.cfg = c
        self.grid = [s // p // g for s, p, g in zip(c.size, c.patch, c.group)]
        pixels = math.prod(c.patch)
        self.patch_embed = nn.ModuleDict({"proj": nn.Linear((c.in_channels + c.cond_channels) * pixels, c.patch_dim), "norm": nn.LayerNorm(c.patch_dim)})
        self.pos_embed = nn.Parameter(waves(self.places(), c.patch_dim))
        self.latents = nn.Parameter(torch.cat([waves(self.seats(), c.patch_dim), 0.3 * torch.randn(c.latent_count, c.latent_dim - c.patch_dim)], 1))
        self.text_proj = nn.Linear(c.text_dim, c.ctx_dim, False)
        self.noise_embed, self.fps_embed = Number(c), Number(c)
        self.res_embed = nn.Sequential(nn.Linear(2, 4 * c.patch_dim), nn.GELU(), nn.Linear(4 * c.patch_dim, c.ctx_dim))
        if c.cond_channels:
            self.aug_embed = Number(c)
        self.self_cond = nn.ModuleDict({"ff": FeedForward(c.latent_dim, c.ff_mult), "norm": Norm(c.latent_dim)})
        nn.init.zeros_(self.self_cond["norm"].weight)
        self.blocks = nn.ModuleList([Block(c) for _ in range(c.blocks)])
        if c.local_layers:
            self.blocks.append(nn.ModuleDict({"local_layers": self.tail(c)}))
        self.final_norm, self.unpatch = Norm(c.patch_dim), nn.Linear(c.patch_dim, c.in_channels * pixels)
        nn.init.zeros_(self.unpatch.weight)
        self.look_where_you_are()

    @staticmethod
    def tail(c):
        """local layers behind the last block, which begin as nothing"""
        layers = nn.ModuleList([SelfLayer(c.patch_dim, c.patch_head_dim, c.ff_mult) for _ in range(c.local_layers)])
        for layer in layers:
            for last in (layer.attn.to_out.weight, layer.ff.fc2.weight, layer.ff.fc2.bias):
                nn.init.zeros_(last)
        return layers

    def places(self):
        """(patches, 3): time, y, x of every patch from 0 to 1, in the order of cut"""
        axes = [(torch.arange(s // p) + 0.5) * p / s for s, p in zip(self.cfg.size, self.cfg.patch)]
        grid = torch.stack(torch.meshgrid(*axes, indexing="ij"))[None]
        (gt, gh, gw), (nt, nh, nw) = self.grid, self.cfg.group
        return grid.reshape(3, gt, nt, gh, nh, gw, nw).permute(1, 3, 5, 2, 4, 6, 0).reshape(-1, 3)

    def seats(self):
        """(latents, 3): each at one of its group's patches; an odd step spreads them"""
        places = self.places().unflatten(0, (math.prod(self.grid), -1))
        each = self.cfg.latent_count // len(places)
        return places[:, (4 + 37 * torch.arange(each)) % places.shape[1]].flatten(0, 1)

    def look_where_you_are(self):
        """queries and keys that meet between patches and latents begin as the same projection, so that attention begins near by"""
        d = self.cfg.patch_dim
        with torch.no_grad():
            for block in self.blocks[:self.cfg.blocks]:
                for attn in [block.read_attn, block.write_attn] + [layer.attn for layer in block.local_layers]:
                    same = torch.randn(d, d) * d ** -0.5
                    attn.to_q.weight[:, :d] = same
                    attn.to_kv.weight[:d, :d] = same

    def cut(self, x):
        """(B, C, T, H, W) -> (B * G, n, C * patch): groups first, raster within; a patch is (c, t, h, w)"""
        (gt, gh, gw), (nt, nh, nw), (pt, ph, pw) = self.grid, self.cfg.group, self.cfg.patch
        x = x.reshape(len(x), -1, gt, nt, pt, gh, nh, ph, gw, nw, pw).permute(0, 2, 5, 8, 3, 6, 9, 1, 4, 7, 10)
        return x.reshape(-1, nt * nh * nw, x.shape[7] * pt * ph * pw)

    def join(self, p):
        (gt, gh, gw), (nt, nh, nw), (pt, ph, pw) = self.grid, self.cfg.group, self.cfg.patch
        x = p.reshape(-1, gt, gh, gw, nt, nh, nw, self.cfg.in_channels, pt, ph, pw).permute(0, 7, 1, 4, 8, 2, 5, 9, 3, 6, 10)
        return x.reshape(len(x), self.cfg.in_channels, *self.cfg.size)

    def forward(self, x, c_noise, text, told, prev=None, coarse=None, seen=None):
        """x (B, C, T, H, W) times c_in; text (B, L, D), zeros without; told: fps, (height, width), sigma_aug -> F, latents.

        A list in seen gets the patches (B * G, n, Cp) behind every block."""
        fps, res, aug = told
        b, ones = len(x), torch.ones(len(x), device=x.device)
        ctx = [self.text_proj(text), self.noise_embed(c_noise)[:, None], self.fps_embed(24 / fps * ones)[:, None],
               self.res_embed(torch.tensor(res, device=x.device) / 512 * ones[:, None])[:, None]]
        if coarse is not None:
            x, ctx = torch.cat([x, coarse], 1), ctx + [self.aug_embed(aug * ones)[:, None]]
        p = self.patch_embed["norm"](self.patch_embed["proj"](self.cut(x)))
        p = (p.reshape(b, -1, p.shape[-1]) + self.pos_embed).reshape(p.shape)
        latents = self.latents.expand(b, -1, -1)
        if prev is not None:
            latents = latents + self.self_cond["norm"](self.self_cond["ff"](prev))
        ctx = torch.cat(ctx, 1)
        for block in self.blocks[:self.cfg.blocks]:
            p, latents = block(p, latents, ctx)
            if seen is not None:
                seen.append(p)
        for layer in (self.blocks[-1]["local_layers"] if self.cfg.local_layers else ()):
            p = layer(p)
        return self.join(self.unpatch(self.final_norm(p))), latents


def scales(sigma, m):
    """c_in, c_skip, c_out, c_nrm of noise levels (B,) for videos divided by m, to be broadcast over (B, C, T, H, W)"""
    s = sigma.reshape(-1, 1, 1, 1, 1)
    return (1 / (1 / m ** 2 + s ** 2).sqrt(), m / (m * s ** 2 + 1), -m * s * (s ** 2 + 1).sqrt() / (1 + m * s ** 2), 1 / (s ** 2 + 1).sqrt())


@torch.no_grad()
def sample(net, m, steps, text, told, guidance, coarse=None, generator=None, low=0.002, high=80.0, rho=7):
    """Heun over EDM's levels with guidance on the clean estimate, self-conditioning and dynamic thresholding"""
    r = 1 / rho
    levels = [(high ** r + i / (steps - 1) * (low ** r - high ** r)) ** rho for i in range(steps)] + [0.0]
    x = levels[0] * torch.randn(len(text), net.cfg.in_channels, *net.cfg.size, generator=generator)
    both, prev = torch.cat([torch.zeros_like(text), text]), None
    twice = lambda v: None if v is None else torch.cat([v, v])

    def clean(x, sigma, g):
        nonlocal prev
        c_in, c_skip, c_out, _ = scales(torch.full((2 * len(x),), sigma), m)
        f, prev = net(twice(x) * c_in, torch.full((2 * len(x),), math.log(sigma) / 4), both, told, prev, twice(coarse))
        without, given = (c_skip * twice(x) + c_out * f).chunk(2)
        d = without + g * (given - without)
        limit = d.abs().flatten(1).quantile(0.995, 1).clamp(min=1).reshape(-1, 1, 1, 1, 1)
        return d.clamp(-limit, limit) / limit

    for i in range(steps):
        g = guidance if i < steps // 4 or (i - steps // 4) % 2 else 1.0
        s, after = levels[i], levels[i + 1]
        slope = (x - clean(x, s, g) / m) / s
        ahead = x + (after - s) * slope
        if after > 0:
            slope = (slope + (ahead - clean(ahead, after, g) / m) / after) / 2
            ahead = x + (after - s) * slope
        x = ahead
    return m * x
