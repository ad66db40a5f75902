"""The published networks in plain PyTorch, fp32: what the engine is compared with at full size.

Functional: a network is a walk over the checkpoint's own names, and every weight is asked for when it is needed, so that
the 0.77 billion of the U-Net never lie in memory together. Activations: [N, C, H, W] frames.
"""
import math

import torch
import torch.nn.functional as F


class RandomWeights:
    """What `--random-weights SEED` draws: every element is a hash (SplitMix64) of seed, name and index, rounded to fp16.

    Integers of torch are signed and wrap: multiplication and addition are those of unsigned ones, only shifts need care."""

    GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

    def __init__(self, seed):
        self.seed = seed

    @staticmethod
    def signed(value):
        value &= (1 << 64) - 1
        return value - (1 << 64) if value >> 63 else value

    def mix(self, value):
        def shifted(v, bits):
            return (v >> bits) & ((1 << (64 - bits)) - 1)

        value = (value ^ shifted(value, 30)) * self.signed(self.FIRST)
        value = (value ^ shifted(value, 27)) * self.signed(self.SECOND)
        return value ^ shifted(value, 31)

    def start(self, name):
        def mixed(v):
            v &= (1 << 64) - 1
            v = (v ^ (v >> 30)) * self.FIRST & ((1 << 64) - 1)
            v = (v ^ (v >> 27)) * self.SECOND & ((1 << 64) - 1)
            return v ^ (v >> 31)

        state = mixed(self.seed + self.GOLDEN)
        for letter in name.encode():
            state = mixed(state ^ letter)
        return self.signed(state)

    def __call__(self, name, *shape):
        count = math.prod(shape)
        bits = self.mix(torch.arange(count, dtype=torch.int64) * self.signed(self.GOLDEN) + self.start(name))
        unit = ((bits >> 40) & 0xFFFFFF).float() * (2 / (1 << 24)) - 1
        mean = 1.0 if len(shape) == 1 and name.endswith("weight") else 0.0
        # fp32 throughout, as the engine draws them: the square root is correctly rounded in both.
        width = torch.sqrt(torch.tensor(3 * shape[0] / count, dtype=torch.float32)) if len(shape) > 1 else torch.tensor(0.1)
        return (unit * width + mean).half().float().reshape(shape)


class Layers:
    """Layers by the path of their parameters."""

    def __init__(self, weights):
        self.weights = weights

    def linear(self, x, path, outputs, bias=True, tail=()):
        w = self.weights(f"{path}.weight", outputs, x.shape[-1], *tail).reshape(outputs, -1)
        return F.linear(x, w, self.weights(f"{path}.bias", outputs) if bias else None)

    def conv(self, x, path, outputs, size=3, **how):
        w = self.weights(f"{path}.weight", outputs, x.shape[1], size, size)
        return F.conv2d(x, w, self.weights(f"{path}.bias", outputs), padding=size // 2, **how)

    def group_norm(self, x, path, eps):
        c = x.shape[1]
        return F.group_norm(x, 32, self.weights(f"{path}.weight", c), self.weights(f"{path}.bias", c), eps)

    def layer_norm(self, x, path):
        c = x.shape[-1]
        return F.layer_norm(x, (c,), self.weights(f"{path}.weight", c), self.weights(f"{path}.bias", c), 1e-5)


def attend(q, k, v, heads, mask=None):
    """[B, L, heads d] each; a few batch entries at a time, so that the scores stay small."""
    def split(x):
        return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)

    out = torch.empty_like(q)
    scale = (q.shape[-1] // heads) ** -0.5
    step = max(1, (1 << 26) // (heads * q.shape[1] * k.shape[1]))
    for b in range(0, q.shape[0], step):
        s = split(q[b:b + step]) @ split(k[b:b + step]).transpose(-1, -2) * scale
        s = torch.softmax(s if mask is None else s + mask, dim=-1)
        out[b:b + step] = (s @ split(v[b:b + step])).transpose(1, 2).reshape(q[b:b + step].shape)
    return out


class TextEncoder(Layers):
    """OpenCLIP ViT-H/14's text tower: 23 of 24 blocks, then the final norm."""

    WIDTH, HEADS, LENGTH, VOCABULARY = 1024, 16, 77, 49408

    def __call__(self, ids):
        c = self.WIDTH
        x = (self.weights("token_embedding.weight", self.VOCABULARY, c)[ids] + self.weights("positional_embedding", self.LENGTH, c))[None]
        mask = torch.full((self.LENGTH, self.LENGTH), float("-inf")).triu(1)
        for i in range(23):
            p = f"transformer.resblocks.{i}"
            y = self.layer_norm(x, f"{p}.ln_1")
            qkv = F.linear(y, self.weights(f"{p}.attn.in_proj_weight", 3 * c, c), self.weights(f"{p}.attn.in_proj_bias", 3 * c))
            x = x + self.linear(attend(*qkv.chunk(3, dim=-1), self.HEADS, mask), f"{p}.attn.out_proj", c)
            y = F.gelu(self.linear(self.layer_norm(x, f"{p}.ln_2"), f"{p}.mlp.c_fc", 4 * c))
            x = x + self.linear(y, f"{p}.mlp.c_proj", c)
        return self.layer_norm(x, "ln_final")


class UNet(Layers):
    """The space-time U-Net: Hummingbird 0.7B (no middle block), 0.9B, VideoCrafter2 (two residual blocks a level, no guidance input)."""

    M, MULT, ATTENTION, HEAD, CONTEXT = 320, (1, 2, 4, 4), 3, 64, 1024

    def __init__(self, weights, blocks=1, middle=False, guidance=True):
        super().__init__(weights)
        self.blocks, self.middle, self.guidance = blocks, middle, guidance

    def embed(self, t, fps, w):
        def sinusoid(value):
            k = torch.arange(self.M // 2, dtype=torch.float32)
            arg = value * torch.exp(k * -math.log(10000.0) / (self.M // 2))
            return torch.cat([arg.cos(), arg.sin()])[None]

        def mlp(e, path):
            return self.linear(F.silu(self.linear(e, f"{path}.0", 4 * self.M)), f"{path}.2", 4 * self.M)

        e = sinusoid(t)
        if self.guidance:
            step = torch.log(torch.tensor(10000.0)) / 127
            arg = w * 1000.0 * torch.exp(torch.arange(128, dtype=torch.float32) * -step)
            e = e + self.linear(torch.cat([arg.sin(), arg.cos()])[None], "time_cond_proj", self.M, bias=False)
        return mlp(e, "time_embed") + mlp(sinusoid(fps), "fps_embedding")

    def __call__(self, x, t, fps, w, context):
        """x [4, T, h, w], context [1, 77, 1024] -> eps like x."""
        self.emb, self.context = F.silu(self.embed(t, fps, w)), context
        m, last = self.M, len(self.MULT) - 1
        h = self.conv(x.transpose(0, 1), "input_blocks.0.0", m)
        h = self.temporal(h, "init_attn.0", 8 * self.HEAD, tail=(1,))
        skips, stage = [h], 1
        for level, mult in enumerate(self.MULT):
            for _ in range(self.blocks):
                h = self.res(h, f"input_blocks.{stage}.0", m * mult)
                h = self.transformers(h, f"input_blocks.{stage}", 1) if level < self.ATTENTION else h
                skips.append(h)
                stage += 1
            if level != last:
                h = self.conv(h, f"input_blocks.{stage}.0.op", m * mult, stride=2)
                skips.append(h)
                stage += 1
        if self.middle:
            h = self.transformers(self.res(h, "middle_block.0", m * self.MULT[-1]), "middle_block", 1)
            h = self.res(h, "middle_block.3", m * self.MULT[-1])
        stage = 0
        for level in range(last, -1, -1):
            for i in range(self.blocks + 1):
                p, c = f"output_blocks.{stage}", m * self.MULT[level]
                h = self.res(torch.cat([h, skips.pop()], dim=1), f"{p}.0", c)
                h = self.transformers(h, p, 1) if level < self.ATTENTION else h
                if level and i == self.blocks:
                    h = self.conv(F.interpolate(h, scale_factor=2), f"{p}.{3 if level < self.ATTENTION else 1}.conv", c)
                stage += 1
        return self.conv(F.silu(self.group_norm(h, "out.0", 1e-5)), "out.2", 4).transpose(0, 1)

    def res(self, x, p, c):
        h = self.conv(F.silu(self.group_norm(x, f"{p}.in_layers.0", 1e-5)), f"{p}.in_layers.2", c)
        h = h + self.linear(self.emb, f"{p}.emb_layers.1", c)[:, :, None, None]
        h = self.conv(F.silu(self.group_norm(h, f"{p}.out_layers.0", 1e-5)), f"{p}.out_layers.3", c)
        h = h + (x if x.shape[1] == c else self.conv(x, f"{p}.skip_connection", c, size=1))
        y = h.transpose(0, 1)[None]
        for i in range(1, 5):
            q = f"{p}.temopral_conv.conv{i}"   # the checkpoints spell it so
            y = F.silu(self.group_norm(y, f"{q}.0", 1e-5))
            q = f"{q}.{2 if i == 1 else 3}"
            y = F.conv3d(y, self.weights(f"{q}.weight", c, c, 3, 1, 1), self.weights(f"{q}.bias", c), padding=(1, 0, 0))
        return h + y[0].transpose(0, 1)

    def transformers(self, x, p, first):
        return self.temporal(self.spatial(x, f"{p}.{first}"), f"{p}.{first + 1}", x.shape[1])

    def spatial(self, x, p):
        n, c, h, w = x.shape
        y = self.group_norm(x, f"{p}.norm", 1e-6).flatten(2).transpose(1, 2)
        y = self.block(self.linear(y, f"{p}.proj_in", c), f"{p}.transformer_blocks.0", self.context.expand(n, -1, -1))
        return x + self.linear(y, f"{p}.proj_out", c).transpose(1, 2).reshape(n, c, h, w)

    def temporal(self, x, p, inner, tail=()):
        n, c, h, w = x.shape
        y = self.group_norm(x.transpose(0, 1)[None], f"{p}.norm", 1e-6)[0].permute(2, 3, 1, 0).reshape(h * w, n, c)
        y = self.block(self.linear(y, f"{p}.proj_in", inner, tail=tail), f"{p}.transformer_blocks.0", None)
        return x + self.linear(y, f"{p}.proj_out", c, tail=tail).reshape(h, w, n, c).permute(2, 3, 0, 1)

    def block(self, x, p, context):
        c = x.shape[-1]

        def attention(y, path, kv):
            q, k, v = (self.linear(s, f"{path}.to_{n}", c, bias=False) for n, s in (("q", y), ("k", kv), ("v", kv)))
            return self.linear(attend(q, k, v, c // self.HEAD), f"{path}.to_out.0", c)

        y = self.layer_norm(x, f"{p}.norm1")
        x = x + attention(y, f"{p}.attn1", y)
        y = self.layer_norm(x, f"{p}.norm2")
        x = x + attention(y, f"{p}.attn2", y if context is None else context)
        value, gate = self.linear(self.layer_norm(x, f"{p}.norm3"), f"{p}.ff.net.0.proj", 8 * c).chunk(2, dim=-1)
        return x + self.linear(value * F.gelu(gate), f"{p}.ff.net.2", c)


class Decoder(Layers):
    """The decoder of Stable Diffusion's auto-encoder, frame by frame."""

    CH, MULT = 128, (1, 2, 4, 4)

    def __call__(self, z):
        """[1, 4, h, w], divided by the scaling factor -> [1, 3, 8 h, 8 w]."""
        c = self.CH * self.MULT[-1]
        h = self.conv(self.conv(z, "post_quant_conv", 4, size=1), "decoder.conv_in", c)
        h = self.res(h, "decoder.mid.block_1", c)
        h = self.res(self.attention(h, "decoder.mid.attn_1"), "decoder.mid.block_2", c)
        for level in range(len(self.MULT) - 1, -1, -1):
            for i in range(3):
                h = self.res(h, f"decoder.up.{level}.block.{i}", self.CH * self.MULT[level])
            if level:
                h = self.conv(F.interpolate(h, scale_factor=2), f"decoder.up.{level}.upsample.conv", h.shape[1])
        return self.conv(F.silu(self.group_norm(h, "decoder.norm_out", 1e-6)), "decoder.conv_out", 3)

    def res(self, x, p, c):
        h = self.conv(F.silu(self.group_norm(x, f"{p}.norm1", 1e-6)), f"{p}.conv1", c)
        h = self.conv(F.silu(self.group_norm(h, f"{p}.norm2", 1e-6)), f"{p}.conv2", c)
        return (x if x.shape[1] == c else self.conv(x, f"{p}.nin_shortcut", c, size=1)) + h

    def attention(self, x, p):
        y = self.group_norm(x, f"{p}.norm", 1e-6)
        q, k, v = (self.conv(y, f"{p}.{n}", y.shape[1], size=1).flatten(2).transpose(1, 2) for n in "qkv")
        y = attend(q, k, v, 1).transpose(1, 2).reshape(x.shape)
        return x + self.conv(y, f"{p}.proj_out", y.shape[1], size=1)
