"""Grows the seed's text encoder by one layer and by new words, and teaches it to parse two objects.

The padding behind a caption carries the answer. Where it names one object every position keeps the seed's states,
which the seed's U-Net reads. Where it names two, even positions describe the left or upper object and odd ones the
other, each like a caption of one object plus its place: the U-Net then reads things at places, not syntax.
"""
import argparse

import numpy as np
import torch
import torch.nn.functional as F

import ops
import scenes as S
import weights
from captions import caption, plain
from common import DEVICE, Log, path, save
from text import TextConfig, TextEncoder
from tokenizer import END, START, Tokenizer

PLACES = ("centre", "left", "right", "top", "bottom")
CLASSES = (len(S.SHAPES), len(S.COLOUR_NAMES), len(S.MOTIONS), len(S.SIZES), len(S.BG_NAMES), len(PLACES))


def labels(scene):
    """(2 slots, 6) class indices; the last class is 'nothing said'"""
    if scene is None:
        return [list(CLASSES)] * 2
    out = []
    for slot in range(2):
        t = scene.things[min(slot, len(scene.things) - 1)]
        place = {"single": "centre", "row": PLACES[1 + slot], "column": PLACES[3 + slot]}[scene.layout]
        out.append([S.SHAPES.index(t.shape), S.COLOUR_NAMES.index(t.colour), S.MOTIONS.index(t.motion),
                    S.SIZES.index(t.size), S.BG_NAMES.index(scene.bg), PLACES.index(place)])
    return out


def batch(n, rng, held_out=False, pairs=0.7):
    picked = [None if rng.random() < 0.03 else S.random_scene(rng, pairs, held_out) for _ in range(n)]
    texts = ["" if s is None else plain(s) if rng.random() < 0.1 else caption(s, rng) for s in picked]
    return picked, texts, torch.tensor([labels(s) for s in picked], device=DEVICE)


@torch.no_grad()
def grow(net, old, tok, old_tok):
    """same function as the seed on the seed's words: the new layer is silent, new tokens are the mean of their parts"""
    state = {k: v for k, v in net.state_dict().items()}
    for k, v in old.items():
        if k in ("token_embedding.weight", "positional_embedding"):
            continue
        state[k.replace("resblocks.2.", "resblocks.3.")] = v
    state["transformer.resblocks.2.attn.out_proj.weight"].zero_()
    state["transformer.resblocks.2.mlp.c_proj.weight"].zero_()
    pos = old["positional_embedding"]
    state["positional_embedding"] = torch.cat([pos, pos[30:].repeat(4, 1)])[:net.cfg.context_length].clone()
    table, e = torch.zeros_like(state["token_embedding.weight"]), old["token_embedding.weight"]
    for name, i in tok.ids.items():
        if name in old_tok.ids:
            table[i] = e[old_tok.ids[name]]
        else:
            table[i] = 0.5 * torch.randn(e.shape[1]) * e[512:].std()
    state["token_embedding.weight"] = table
    net.load_state_dict(state)


class Reader(torch.nn.Module):
    """linear heads shared by the slots: what a padding position must say"""

    def __init__(self, width):
        super().__init__()
        self.head = torch.nn.Linear(width, sum(CLASSES) + len(CLASSES))

    def forward(self, states):
        return self.head(states).split([n + 1 for n in CLASSES], -1)


def losses(reader, states, ids, end, y):
    """cross entropy over the padding, and per caption whether all of it is right"""
    slot = torch.arange(states.shape[1], device=states.device) % 2
    behind = ((ids == end).cumsum(1) > 0) & (ids != end)
    m, loss, hits = behind.float(), 0.0, []
    for k, logits in enumerate(reader(states)):
        goal = y[:, :, k][:, slot]
        ce = F.cross_entropy(logits.transpose(1, 2), goal, reduction="none")
        loss = loss + (ce * m).sum() / m.sum()
        hits.append(((logits.argmax(-1) == goal) | ~behind).all(1).float())
    return loss / len(hits), torch.stack(hits, 1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--steps", type=int, default=1500)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--anchor", type=float, default=0.5)
    a = ap.parse_args()
    torch.manual_seed(1)
    rng, tok, old_tok = np.random.default_rng(11), Tokenizer(), Tokenizer(path("seed/tokenizer"))
    old = weights.read(path("seed/text_encoder/model.safetensors"))
    seed = TextEncoder(TextConfig(len(old_tok.ids), 32, layers=3))
    seed.load_state_dict(old)
    net = TextEncoder(TextConfig(len(tok.ids)))
    grow(net, old, tok, old_tok)
    net, seed, reader = net.to(DEVICE), seed.to(DEVICE), Reader(net.cfg.width).to(DEVICE)
    params = [p for n, p in net.named_parameters() if n not in ("text_projection", "logit_scale")] + list(reader.parameters())
    opt = torch.optim.AdamW(params, lr=a.lr, betas=(0.9, 0.98), weight_decay=0.0)
    log, mean, drift_mean = Log("text"), None, None
    encode = lambda texts: torch.tensor([tok(t) for t in texts], device=DEVICE)
    for step in range(1, a.steps + 1):
        ops.use_bf16()
        for g in opt.param_groups:
            g["lr"] = a.lr * min(1, step / 60) * (1 - 0.97 * step / a.steps)
        picked, texts, y = batch(a.batch, rng)
        ids = encode(texts)
        states = net(ids)
        loss, _ = losses(reader, states, ids, tok.ids[END], y)
        keep = [i for i, s in enumerate(picked) if s is None or len(s.things) == 1]
        with torch.no_grad():
            goal = seed(torch.tensor([old_tok(texts[i], 32) for i in keep], device=DEVICE))
        drift = (states[keep][:, :32] - goal).pow(2).mean() + (states[keep][:, 32:] - goal[:, 31:]).pow(2).mean()
        opt.zero_grad(set_to_none=True); (loss + a.anchor * drift).backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        opt.step()
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        drift_mean = drift.item() if drift_mean is None else 0.98 * drift_mean + 0.02 * drift.item()
        if step % 100 == 0 or step == a.steps:
            with torch.no_grad():
                _, texts, y = batch(400, np.random.default_rng(5), held_out=True)
                ids = encode(texts)
                _, hits = losses(reader, net(ids), ids, tok.ids[END], y)
            log.write(step, loss=mean, drift=drift_mean, state_var=float(goal.var()), held_out_worst=float(hits.mean(0).min()),
                      held_out_all=float(hits.all(1).float().mean()))
            save({"model": net.state_dict(), "reader": reader.state_dict(), "step": step, "seconds": log.seconds()}, "text.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
