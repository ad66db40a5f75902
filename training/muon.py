"""Muon for matrices, AdamW for the rest. Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"."""
import torch


def orthogonal(g):
    """(N, rows, columns): singular values brought to about one by five steps of a quintic Newton-Schulz iteration"""
    x = g / (g.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    x = x.transpose(-1, -2) if tall else x
    for _ in range(5):
        a = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (2.0315 * (a @ a) - 4.7750 * a) @ x
    return x.transpose(-1, -2) if tall else x


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            alike = {}
            for p in group["params"]:
                if p.grad is not None:
                    kept = self.state[p].setdefault("momentum", torch.zeros_like(p))
                    kept.mul_(group["momentum"]).add_(p.grad)
                    alike.setdefault(p.shape, []).append((p, p.grad.add(kept, alpha=group["momentum"])))
            for (rows, columns), pairs in alike.items():
                for (p, _), update in zip(pairs, orthogonal(torch.stack([g for _, g in pairs]))):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update, alpha=-group["lr"] * max(1, rows / columns) ** 0.5)


def optimizers(net, rate, matrix_rate=None):
    """AdamW for all of net; with a matrix_rate its blocks' matrices go to Muon"""
    matrices = [p for n, p in net.named_parameters() if matrix_rate and "blocks" in n and p.ndim == 2]
    apart = {id(p) for p in matrices}
    found = [torch.optim.AdamW([p for p in net.parameters() if id(p) not in apart], lr=rate, betas=(0.9, 0.95), weight_decay=0.01)]
    return found + ([Muon(matrices, matrix_rate)] if matrices else [])
