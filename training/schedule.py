"""The noise schedule and the two samplers: LCM's grid of few steps, and plain DDIM with classifier-free guidance."""
import numpy as np
import torch

BETAS = torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000, dtype=torch.float64) ** 2
ALPHAS = torch.cumprod(1.0 - BETAS, 0).float()


def like(v, x):
    """(B,) -> broadcast over x (B, ...)"""
    return v.reshape(-1, *[1] * (x.dim() - 1)).to(x)


def alpha(t, x):
    return like(ALPHAS[t.cpu()], x)


def add_noise(z, noise, t):
    a = alpha(t, z)
    return a.sqrt() * z + (1 - a).sqrt() * noise


def clean(x, eps, t):
    a = alpha(t, x)
    return (x - (1 - a).sqrt() * eps) / a.sqrt()


def lcm_steps(n):
    """999, 759, 519, 279 for n = 4"""
    return (np.arange(1, 51) * 20 - 1)[::-1][:: 50 // n][:n].copy()


def ddim_steps(n):
    """1, 21, ..., 981 for n = 50"""
    return np.arange(0, 1000, 1000 // n) + 1


@torch.no_grad()
def sample_lcm(eps, x, steps, noise):
    """eps(x, t) -> prediction; noise() -> a fresh tensor like x"""
    ts = lcm_steps(steps)
    for i, t in enumerate(ts):
        now = torch.full((len(x),), int(t))
        x0 = clean(x, eps(x, now), now)
        if i + 1 < len(ts):
            x = add_noise(x0, noise(), torch.full((len(x),), int(ts[i + 1])))
    return x0


@torch.no_grad()
def sample_ddim(eps, x, steps):
    """deterministic; eps is already guided"""
    ts = ddim_steps(steps)
    for i in range(len(ts) - 1, -1, -1):
        now = torch.full((len(x),), int(ts[i]))
        e = eps(x, now)
        x0 = clean(x, e, now)
        x = add_noise(x0, e, torch.full((len(x),), int(ts[i - 1]) if i else 0))
    return x
