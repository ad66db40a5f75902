"""T5 and SentencePiece data of the tests: vectors/t5_tiny.safetensors and spiece/.

Needs PyTorch 1.13 and sentencepiece 0.1.97 (Debian: python3-torch, python3-sentencepiece). Run:  /usr/bin/python3 make_text_data.py
The T5 here is written plainly from the paper and the names of published checkpoints; the tokenizer is the library itself.
"""
import json
import math
import os
import struct

import sentencepiece as spm
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


# ------------------------------------------------------------------ T5 encoder
def bucket(distance, buckets, farthest):
    """Half of the buckets for keys ahead; of each half, half exact and half logarithmic."""
    half = buckets // 2
    exact = half // 2
    size = distance.abs()
    far = exact + (torch.log(size.float() / exact) / math.log(farthest / exact) * (half - exact)).to(torch.long)
    small = torch.where(size < exact, size, torch.minimum(far, torch.full_like(far, half - 1)))
    return small + (distance > 0).to(torch.long) * half


def rms(x, weight, eps=1e-6):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def t5(w, ids, layers, heads, gated, buckets, farthest):
    x = w["shared.weight"][ids]
    n = ids.shape[1]
    place = torch.arange(n)
    table = w["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    bias = table[bucket(place[None, :] - place[:, None], buckets, farthest)].permute(2, 0, 1)[None]
    for i in range(layers):
        p = f"encoder.block.{i}.layer."
        y = rms(x, w[p + "0.layer_norm.weight"])
        q, k, v = ((y @ w[p + f"0.SelfAttention.{c}.weight"].T).reshape(*ids.shape, heads, -1).transpose(1, 2) for c in "qkv")
        a = torch.softmax(q @ k.transpose(-1, -2) + bias, -1) @ v
        x = x + a.transpose(1, 2).reshape(*ids.shape, -1) @ w[p + "0.SelfAttention.o.weight"].T
        y = rms(x, w[p + "1.layer_norm.weight"])
        dense = p + "1.DenseReluDense."
        if gated:
            g = y @ w[dense + "wi_0.weight"].T
            g = 0.5 * g * (1 + torch.tanh(math.sqrt(2 / math.pi) * (g + 0.044715 * g ** 3)))
            h = g * (y @ w[dense + "wi_1.weight"].T)
        else:
            h = torch.relu(y @ w[dense + "wi.weight"].T)
        x = x + h @ w[dense + "wo.weight"].T
    return rms(x, w["encoder.final_layer_norm.weight"])


def t5_weights(seed, vocab, d, dkv, ff, layers, heads, gated, buckets):
    g = torch.Generator().manual_seed(seed)
    draw = lambda *s, std=0.35: torch.randn(*s, generator=g) * std
    w = {"shared.weight": draw(vocab, d, std=1.0), "encoder.final_layer_norm.weight": 1 + draw(d, std=0.1),
         "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": draw(buckets, heads, std=1.0)}
    for i in range(layers):
        p = f"encoder.block.{i}.layer."
        for c in "qkv":
            w[p + f"0.SelfAttention.{c}.weight"] = draw(heads * dkv, d, std=0.2)
        w[p + "0.SelfAttention.o.weight"] = draw(d, heads * dkv)
        for c in (["wi_0", "wi_1"] if gated else ["wi"]):
            w[p + f"1.DenseReluDense.{c}.weight"] = draw(ff, d)
        w[p + "1.DenseReluDense.wo.weight"] = draw(d, ff)
        for j in "01":
            w[p + j + ".layer_norm.weight"] = 1 + draw(d, std=0.1)
    return w


def save(path, tensors):
    kinds = {torch.float32: "F32", torch.int64: "I64"}
    head, data = {}, b""
    for name in sorted(tensors):
        t = tensors[name].contiguous()
        raw = t.numpy().tobytes()
        head[name] = {"dtype": kinds[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def make_t5():
    out = {}
    for name, gated, dkv, heads in (("relu", False, 6, 4), ("gated", True, 8, 3)):
        w = t5_weights(7, 50, 20, dkv, 28, 3, heads, gated, 16)
        ids = torch.randint(0, 50, (2, 41), generator=torch.Generator().manual_seed(3))
        out.update({f"{name}.w.{k}": v for k, v in w.items()})
        out[f"{name}.ids"] = ids
        out[f"{name}.states"] = t5(w, ids, 3, heads, gated, 16, 24)
    save(os.path.join(HERE, "vectors", "t5_tiny.safetensors"), out)


# ------------------------------------------------------------------ SentencePiece
COLOURS = "red green blue yellow orange purple white black pink grey turquoise".split()
THINGS = "circle square triangle star hummingbird flower river mountain dancer lantern".split()
MOVES = "moving left,moving right,moving up,bouncing,growing,shrinking,turning slowly,flying over a lake".split(",")
PLACES = "on a white background,in the rain,at sunset,under the stars,near an old café,before the Dom in Köln".split(",")


def corpus():
    lines = [f"A {c} {t} {m} {p}." for c in COLOURS for t in THINGS for m in MOVES for p in PLACES[:3]]
    lines += [f"the {t} is {c}, {m} {p}!" for c in COLOURS for t in THINGS for m in MOVES[:3] for p in PLACES]
    return lines + ["Cinematic shot, 4k, 24 fps; depth of field (f/1.8).", "naïve façade déjà vu señor", "日本の山 と 川", "1234567890"] * 20


TEXTS = [
    "", " ", "   ", "a", "a red circle moving right on a white background", "  leading and trailing  ", "two  blanks\tand\ttabs\nand lines",
    "A HUMMINGBIRD at a Flower, 4K!", "naïve café", "nai\u0308ve cafe\u0301", "ﬁne ﬂuﬀy ﬀ ligatures", "ｆｕｌｌ　ｗｉｄｔｈ　１２３", "x² + y³ = ½ ① ℌ Ⅳ",
    "non\u00a0breaking\u2003spaces\u200bzero\u3000wide", "日本の山と川", "漢字 mixed with latin", "emoji 🐦 and 🌺🌺", "Ωμέγα и кириллица", "한국어 텍스트", "한국어 텍스트",
    "ﷺ", "control\x01\x02\x7fcharacters", "bell\x07 and escape\x1b[31m", "\ufeffbyte order mark", "soft\u00adhyphen", "▁ the mark itself ▁▁ twice",
    "quotes “double” ‘single’ – dash — long … dots", "combining a\u0301\u0323\u0308 marks", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛", "über straße İstanbul ǅ", "zzzzqqqqxxxx", "qzqz §§§ ¤¤ the red §",
    "[video] of a star [video][video]end", "the red[video]circle", "a" * 70, "¿señor? ¡sí!", "ＡＢＣ①②③ ㌔㍍ ㎏", "e\u0301\u0301", "\u0301 lone mark", "\u1100\u1161\u11a8", "tab\t", "\n", "a\u2028b\u2029c", "１２３４",
]


def make_spiece():
    folder = os.path.join(HERE, "spiece")
    os.makedirs(folder, exist_ok=True)
    lines = corpus()
    common = dict(model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, num_threads=1, hard_vocab_limit=False, minloglevel=2)
    kinds = {
        # As T5's: NFKC with its own additions; here with bytes for what no piece covers.
        "nfkc_bytes": dict(vocab_size=460, byte_fallback=True, normalization_rule_name="nmt_nfkc", character_coverage=0.98),
        # Nothing replaced, blanks kept, unknown characters, a symbol of the user's own.
        "identity": dict(vocab_size=180, normalization_rule_name="identity", remove_extra_whitespaces=False, user_defined_symbols="[video]",
                         character_coverage=0.98),
    }
    cases = {}
    for name, options in kinds.items():
        path = os.path.join(folder, name + ".model")
        with open(path, "wb") as f:
            spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=f, **common, **options)
        p = spm.SentencePieceProcessor(model_file=path)
        cases[name] = dict(size=p.get_piece_size(), texts=[dict(text=t, ids=p.encode(t), decoded=p.decode(p.encode(t))) for t in TEXTS])
    with open(os.path.join(folder, "cases.json"), "w", encoding="utf-8") as f:
        json.dump(cases, f, ensure_ascii=True, indent=0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_t5()
    make_spiece()
