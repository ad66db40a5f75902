"""A small T5 encoder with Hugging Face's names, and a SentencePiece vocabulary of whole words: what the engine loads for Snap Video.

All words of the captions are pieces of their own; other words fall apart into characters, other characters are unknown.
"""
import math
import struct
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

PAD, END, UNKNOWN = 0, 1, 2
BLANK = "\u2581"
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789,.-'!?"


class Vocabulary:
    """pieces by number: padding, end, unknown, words (with their blank), single characters"""

    def __init__(self, words):
        self.words = sorted(words)
        self.pieces = ["<pad>", "</s>", "<unk>"] + [BLANK + w for w in self.words] + [BLANK] + list(CHARACTERS)
        self.ids = {p: i for i, p in enumerate(self.pieces)}

    def __call__(self, text):
        """ids without the end: the most probable cut, since one word costs less than any two pieces"""
        out = []
        for word in text.lower().split():
            tail = word[len(word.rstrip(",.")):]
            word = word[:len(word) - len(tail)]
            if BLANK + word in self.ids:
                out.append(self.ids[BLANK + word])
            else:
                out += [self.ids[BLANK]] + [self.ids.get(c, UNKNOWN) for c in word]
            out += [self.ids[c] for c in tail]
        return out

    def model(self):
        """sentencepiece_model.proto: pieces, trainer_spec (unigram), normalizer_spec (blanks in front, extra ones gone)"""
        def field(number, kind, value):
            return varint(number << 3 | kind) + (varint(len(value)) + value if kind == 2 else value)

        def varint(n):
            out = b""
            while n > 127:
                out += bytes([n & 127 | 128])
                n >>= 7
            return out + bytes([n])

        out = b""
        for i, piece in enumerate(self.pieces):
            kind = {PAD: 3, END: 3, UNKNOWN: 2}.get(i, 1)
            score = 0.0 if i <= UNKNOWN else -4.0 if len(piece) > 1 else -12.0
            out += field(1, 2, field(1, 2, piece.encode()) + field(2, 5, struct.pack("<f", score)) + field(3, 0, varint(kind)))
        out += field(2, 2, field(3, 0, varint(1)))
        return out + field(3, 2, field(1, 2, b"identity") + field(3, 0, varint(1)) + field(4, 0, varint(1)) + field(5, 0, varint(1)))


@dataclass(frozen=True)
class T5Config:
    vocab_size: int
    d_model: int = 64
    d_kv: int = 16
    d_ff: int = 192
    num_layers: int = 2
    num_heads: int = 4
    relative_attention_num_buckets: int = 16
    relative_attention_max_distance: int = 32
    feed_forward_proj: str = "relu"
    layer_norm_epsilon: float = 1e-6
    eos_token_id: int = END
    pad_token_id: int = PAD

    def fields(self):
        return asdict(self)


class RmsNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, True) + 1e-6) * self.weight


class Attention(nn.Module):
    def __init__(self, c, first):
        super().__init__()
        inner = c.num_heads * c.d_kv
        self.cfg = c
        self.q, self.k, self.v = (nn.Linear(c.d_model, inner, False) for _ in range(3))
        self.o = nn.Linear(inner, c.d_model, False)
        nn.init.normal_(self.q.weight, std=(c.d_model * c.d_kv) ** -0.5)
        if first:
            self.relative_attention_bias = nn.Embedding(c.relative_attention_num_buckets, c.num_heads)

    def bias(self, length):
        """(heads, L, L): half of the buckets for keys ahead; of each half, half single distances, the others logarithmic"""
        half = self.cfg.relative_attention_num_buckets // 2
        exact = half // 2
        d = torch.arange(length)[None] - torch.arange(length)[:, None]
        n = d.abs()
        far = exact + (torch.log(n.clamp(min=1).float() / exact) / math.log(self.cfg.relative_attention_max_distance / exact) * (half - exact)).long()
        bucket = torch.where(n < exact, n, far.clamp(max=half - 1)) + (d > 0) * half
        return self.relative_attention_bias(bucket).permute(2, 0, 1)

    def forward(self, x, bias):
        split = lambda t: t.unflatten(-1, (self.cfg.num_heads, -1)).transpose(1, 2)
        score = split(self.q(x)) @ split(self.k(x)).transpose(-1, -2) + bias
        return self.o((score.softmax(-1) @ split(self.v(x))).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.wi, self.wo = nn.Linear(c.d_model, c.d_ff, False), nn.Linear(c.d_ff, c.d_model, False)

    def forward(self, x):
        return self.wo(F.relu(self.wi(x)))


class Layer(nn.Module):
    def __init__(self, c, name, module):
        super().__init__()
        self.name, self.layer_norm = name, RmsNorm(c.d_model)
        setattr(self, name, module)

    def forward(self, x, *more):
        return x + getattr(self, self.name)(self.layer_norm(x), *more)


class Block(nn.Module):
    def __init__(self, c, first):
        super().__init__()
        self.layer = nn.ModuleList([Layer(c, "SelfAttention", Attention(c, first)), Layer(c, "DenseReluDense", FeedForward(c))])

    def forward(self, x, bias):
        return self.layer[1](self.layer[0](x, bias))


class Stack(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.block = nn.ModuleList([Block(c, i == 0) for i in range(c.num_layers)])
        self.final_layer_norm = RmsNorm(c.d_model)


class T5(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.cfg, self.shared, self.encoder = c, nn.Embedding(c.vocab_size, c.d_model), Stack(c)

    def forward(self, ids):
        """ids (B, L), padded behind the end -> states (B, L, C), zero there"""
        inside = ids != PAD
        bias = self.encoder.block[0].layer[0].SelfAttention.bias(ids.shape[1])
        bias = bias[None].masked_fill(~inside[:, None, None], float("-inf"))
        x = self.shared(ids)
        for block in self.encoder.block:
            x = block(x, bias)
        return self.encoder.final_layer_norm(x) * inside[..., None]
