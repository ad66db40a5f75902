"""The frame auto-encoder: AutoencoderKL with Stable Diffusion's key names, one level more than the first nano model
had (16 pixels a latent instead of 8)."""
from dataclasses import dataclass, asdict

import torch
import torch.nn as nn
import torch.nn.functional as F

import ops
from ops import Conv1x1, Conv3x3, Norm, double


@dataclass(frozen=True)
class VAEConfig:
    ch: int = 8
    ch_mult: tuple = (1, 1, 2, 4, 8)
    num_res_blocks: int = 1
    z_channels: int = 8
    groups: int = 2                   # 4 channels a group and more: fewer erase flat colours, like an instance norm
    eps: float = 1e-6
    scale_factor: float = 0.18215     # the latents are normalised to this standard scale after training


class ResnetBlock(nn.Module):
    def __init__(self, cin, cout, cfg):
        super().__init__()
        self.norm1, self.conv1 = Norm(cfg.groups, cin, cfg.eps), Conv3x3(cin, cout)
        self.norm2, self.conv2 = Norm(cfg.groups, cout, cfg.eps), Conv3x3(cout, cout)
        if cin != cout:
            self.nin_shortcut = Conv1x1(cin, cout)

    def forward(self, x, h, w):
        y = self.conv1(self.norm1(x, True), h, w)
        y = self.conv2(self.norm2(y, True), h, w)
        return (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x).float() + y


class AttnBlock(nn.Module):
    def __init__(self, c, cfg):
        super().__init__()
        self.norm = Norm(cfg.groups, c, cfg.eps)
        self.q, self.k, self.v, self.proj_out = (Conv1x1(c, c) for _ in range(4))

    def forward(self, x):
        y = self.norm(x)
        q, k, v = self.q(y), self.k(y), self.v(y)
        p = torch.softmax((q @ k.transpose(1, 2)).float() * x.shape[2] ** -0.5, dim=-1)
        return x + self.proj_out(p.to(v.dtype) @ v)


class Resample(nn.Module):
    def __init__(self, c, up):
        super().__init__()
        self.up, self.conv = up, Conv3x3(c, c, 1 if up else 2)

    def forward(self, x, h, w):
        if self.up:
            return self.conv(double(x.to(ops.matmul_dtype), h, w), 2 * h, 2 * w).float()
        x = F.pad(x.to(ops.matmul_dtype).reshape(x.shape[0], h, w, -1), (0, 0, 0, 1, 0, 1))   # right and below only
        return self.conv(x, h + 1, w + 1, 0).float()


class Bag(nn.Module):
    pass


def middle(c, cfg):
    m = Bag()
    m.block_1, m.attn_1, m.block_2 = ResnetBlock(c, c, cfg), AttnBlock(c, cfg), ResnetBlock(c, c, cfg)
    return m


def run_middle(m, x, h, w):
    return m.block_2(m.attn_1(m.block_1(x, h, w)), h, w)


class Encoder(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.conv_in, self.down, c = Conv3x3(3, cfg.ch), nn.ModuleList(), cfg.ch
        for i, mult in enumerate(cfg.ch_mult):
            level = Bag()
            level.block = nn.ModuleList()
            for _ in range(cfg.num_res_blocks):
                level.block.append(ResnetBlock(c, cfg.ch * mult, cfg))
                c = cfg.ch * mult
            if i + 1 < len(cfg.ch_mult):
                level.downsample = Resample(c, up=False)
            self.down.append(level)
        self.mid = middle(c, cfg)
        self.norm_out, self.conv_out = Norm(cfg.groups, c, cfg.eps), Conv3x3(c, 2 * cfg.z_channels)

    def forward(self, x, h, w):
        y = self.conv_in(x, h, w).float()
        for level in self.down:
            for block in level.block:
                y = block(y, h, w)
            if hasattr(level, "downsample"):
                y = level.downsample(y, h, w)
                h, w = h // 2, w // 2
        return self.conv_out(self.norm_out(run_middle(self.mid, y, h, w), True), h, w)


class Decoder(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        c = cfg.ch * cfg.ch_mult[-1]
        self.conv_in, self.mid = Conv3x3(cfg.z_channels, c), middle(c, cfg)
        levels = []
        for i in range(len(cfg.ch_mult) - 1, -1, -1):
            level = Bag()
            level.block = nn.ModuleList()
            for _ in range(cfg.num_res_blocks + 1):
                level.block.append(ResnetBlock(c, cfg.ch * cfg.ch_mult[i], cfg))
                c = cfg.ch * cfg.ch_mult[i]
            if i:
                level.upsample = Resample(c, up=True)
            levels.insert(0, level)
        self.up = nn.ModuleList(levels)
        self.norm_out, self.conv_out = Norm(cfg.groups, c, cfg.eps), Conv3x3(c, 3)

    def forward(self, z, h, w):
        y = run_middle(self.mid, self.conv_in(z, h, w).float(), h, w)
        for level in reversed(self.up):
            for block in level.block:
                y = block(y, h, w)
            if hasattr(level, "upsample"):
                y = level.upsample(y, h, w)
                h, w = 2 * h, 2 * w
        return self.conv_out(self.norm_out(y, True), h, w).float()


class AutoencoderKL(nn.Module):
    """frames are (N, H, W, 3) in [-1, 1], latents (N, H/16, W/16, z), both channels-last"""

    def __init__(self, cfg=VAEConfig()):
        super().__init__()
        self.cfg, self.factor = cfg, 2 ** (len(cfg.ch_mult) - 1)
        self.encoder, self.decoder = Encoder(cfg), Decoder(cfg)
        self.quant_conv = Conv1x1(2 * cfg.z_channels, 2 * cfg.z_channels)
        self.post_quant_conv = Conv1x1(cfg.z_channels, cfg.z_channels)

    def encode(self, x):
        """mean and log variance"""
        n, h, w, _ = x.shape
        y = self.quant_conv(self.encoder(x.reshape(n, h * w, 3), h, w)).float()
        mean, logvar = y.reshape(n, h // self.factor, w // self.factor, -1).chunk(2, dim=-1)
        return mean, logvar.clamp(-30, 20)

    def decode(self, z):
        n, h, w, c = z.shape
        y = self.decoder(self.post_quant_conv(z.reshape(n, h * w, c)), h, w)
        return y.reshape(n, self.factor * h, self.factor * w, 3)

    def config(self):
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self.cfg).items()}
