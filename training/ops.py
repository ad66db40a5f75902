"""Layers of the three networks for quick training on one core, and unchanged on a GPU.

Activations are kept channels-last as (N, P, C) in fp32; matrix products and convolutions run in `matmul_dtype`
(bf16 halves their time on a CPU with AVX-512-BF16; set it to fp32 for exact arithmetic). Parameters have PyTorch's
usual names and shapes, so a state dict fits any implementation of the same architecture.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

matmul_dtype = torch.float32


def use_bf16(on=True):
    global matmul_dtype
    matmul_dtype = torch.bfloat16 if on else torch.float32


def pixel_sum(x):
    """(N, P, C) -> (N, C); folds pixels into channels so that the inner loop is long"""
    n, p, c = x.shape
    k = 1
    while c * k < 64 and p % (2 * k) == 0:
        k *= 2
    s = x.reshape(n, p // k, k * c).sum(1)
    return s if k == 1 else s.reshape(n, k, c).sum(1)


class GroupNormSiLU(torch.autograd.Function):
    """group norm over (P, C / G) of (N, P, C), then SiLU where asked; one pass less than the two apart"""

    @staticmethod
    def forward(ctx, x, w, b, groups, eps, silu):
        n, p, c = x.shape
        m = p * (c // groups)
        stat = lambda s: s.reshape(n, groups, -1).sum(-1, keepdim=True).expand(-1, -1, c // groups).reshape(n, c) / m
        mean = stat(pixel_sum(x))
        rstd = (stat(pixel_sum(x * x)) - mean * mean).clamp_(min=0).add_(eps).rsqrt_()
        a = rstd * w
        u = torch.addcmul((b - mean * a)[:, None], x, a[:, None])
        s = torch.sigmoid(u) if silu else None
        ctx.groups = groups
        ctx.save_for_backward(x, w, mean, rstd, a, u if silu else None, s)
        return (u * s if silu else u).to(matmul_dtype)

    @staticmethod
    def backward(ctx, g):
        x, w, mean, rstd, a, u, s = ctx.saved_tensors
        n, p, c = x.shape
        m = p * (c // ctx.groups)
        stat = lambda v: v.reshape(n, ctx.groups, -1).sum(-1, keepdim=True).expand(-1, -1, c // ctx.groups).reshape(n, c) / m
        g = g.float()
        if s is not None:                                                # d silu = s (1 + u (1 - s))
            g = g * torch.addcmul(s, u * s, 1 - s)
        total, moment = pixel_sum(g), pixel_sum(g * x)
        moment = (moment - mean * total) * rstd
        m1, m2 = stat(total * w), stat(moment * w)
        k1 = -rstd * rstd * m2
        k0 = -rstd * m1 - mean * k1
        dx = torch.addcmul(k0[:, None], x, k1[:, None]).addcmul_(g, a[:, None])
        return dx, moment.sum(0), total.sum(0), None, None, None


class Norm(nn.Module):
    """GroupNorm parameters; call with (N, P, C)"""

    def __init__(self, groups, c, eps):
        super().__init__()
        self.groups, self.eps = groups, eps
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))

    def forward(self, x, silu=False):
        return GroupNormSiLU.apply(x.float(), self.weight, self.bias, self.groups, self.eps, silu)


class Linear(nn.Linear):
    def forward(self, x):
        d = matmul_dtype
        return F.linear(x.to(d), self.weight.to(d), None if self.bias is None else self.bias.to(d))


class Conv1x1(nn.Conv2d):
    """a 1x1 convolution applied to (..., C) as a linear map"""

    def __init__(self, cin, cout):
        super().__init__(cin, cout, 1)

    def forward(self, x):
        d = matmul_dtype
        return F.linear(x.to(d), self.weight.flatten(1).to(d), self.bias.to(d))


class Conv3x3(nn.Conv2d):
    """(N, H*W, C) -> (N, H'*W', C'); exact=True keeps fp32 whatever the setting"""

    def __init__(self, cin, cout, stride=1, exact=False):
        super().__init__(cin, cout, 3, stride=stride, padding=1)
        self.exact = exact

    def forward(self, x, h, w, padding=1):
        d = torch.float32 if self.exact else matmul_dtype
        y = x.to(d).reshape(x.shape[0], h, w, -1).permute(0, 3, 1, 2)
        weight = self.weight.to(d).contiguous(memory_format=torch.channels_last)
        y = F.conv2d(y, weight, self.bias.to(d), stride=self.stride, padding=padding)
        return y.permute(0, 2, 3, 1).reshape(x.shape[0], -1, y.shape[1])


def double(x, h, w):
    """nearest-neighbour x2 of (N, H*W, C)"""
    n, _, c = x.shape
    return x.reshape(n, h, 1, w, 1, c).expand(n, h, 2, w, 2, c).reshape(n, 4 * h * w, c)
