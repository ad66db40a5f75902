"""The text encoder: OpenCLIP's causal text tower (penultimate block, then the final norm), with its key names."""
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

import ops
from ops import Linear
from tokenizer import LENGTH


@dataclass(frozen=True)
class TextConfig:
    vocab_size: int
    context_length: int = LENGTH
    width: int = 64
    heads: int = 4
    layers: int = 4
    embed_dim: int = 64


class SelfAttention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * d, d))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * d))
        nn.init.xavier_uniform_(self.in_proj_weight)
        self.out_proj = Linear(d, d)

    def forward(self, x, mask):
        n, l, d = x.shape
        t = ops.matmul_dtype
        y = F.linear(x.to(t), self.in_proj_weight.to(t), self.in_proj_bias.to(t))
        q, k, v = y.reshape(n, l, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        p = torch.softmax((q @ k.transpose(-1, -2)).float() * (d // self.heads) ** -0.5 + mask, dim=-1)
        return self.out_proj((p.to(t) @ v).transpose(1, 2).reshape(n, l, d))


class Mlp(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.c_fc, self.c_proj = Linear(d, 4 * d), Linear(4 * d, d)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(d), SelfAttention(d, heads)
        self.ln_2, self.mlp = nn.LayerNorm(d), Mlp(d)

    def forward(self, x, mask):
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Stack(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.resblocks = nn.ModuleList([Block(cfg.width, cfg.heads) for _ in range(cfg.layers)])


class TextEncoder(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.positional_embedding = nn.Parameter(0.1 * torch.randn(cfg.context_length, cfg.width))
        self.text_projection = nn.Parameter(torch.randn(cfg.width, cfg.embed_dim) * cfg.width ** -0.5)   # unused
        self.logit_scale = nn.Parameter(torch.tensor(2.6592601))                                         # unused
        self.transformer = Stack(cfg)
        self.token_embedding = nn.Embedding(cfg.vocab_size, cfg.width)
        nn.init.normal_(self.token_embedding.weight, 0, 0.3)
        self.ln_final = nn.LayerNorm(cfg.width)
        mask = torch.full((cfg.context_length, cfg.context_length), float("-inf")).triu(1)
        self.register_buffer("attn_mask", mask, persistent=False)

    def forward(self, ids):
        """(B, L) ids -> (B, L, width)"""
        x = self.token_embedding(ids) + self.positional_embedding
        for block in self.transformer.resblocks[:-1]:
            x = block(x, self.attn_mask)
        return self.ln_final(x)
