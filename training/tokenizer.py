"""CLIP's byte-pair tokenizer over vocab.json and merges.txt, and the learner of the merges.

The ids are CLIP's: 256 byte symbols, the same with </w>, the merges, two specials; padding id 0 (OpenCLIP), and a
caption too long keeps its end token.
"""
import collections
import json
import os
import re

from common import path

START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 40
_piece = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


def byte_alphabet():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [b for b in range(256) if b not in keep]
    table = {b: chr(b) for b in keep}
    table.update({b: chr(256 + i) for i, b in enumerate(rest)})
    return table, [table[b] for b in keep + rest]


def words_of(text):
    return _piece.findall(" ".join(text.lower().split()))


class Tokenizer:
    def __init__(self, folder=None):
        folder = folder or path("tokenizer")
        self.bytes, _ = byte_alphabet()
        with open(os.path.join(folder, "vocab.json"), encoding="utf-8") as f:
            self.ids = json.load(f)
        with open(os.path.join(folder, "merges.txt"), encoding="utf-8") as f:
            self.rank = {tuple(line.split()): i for i, line in enumerate(f.read().split("\n")[1:]) if line.strip()}
        self.symbols = {i: t for t, i in self.ids.items()}
        self.seen = {}

    def word(self, word):
        if word not in self.seen:
            s = [self.bytes[b] for b in word.encode("utf-8")]
            s[-1] += "</w>"
            while len(s) > 1:
                best = min(zip(s, s[1:]), key=lambda p: self.rank.get(p, 1 << 30))
                if best not in self.rank:
                    break
                out, i = [], 0
                while i < len(s):
                    joined = i + 1 < len(s) and (s[i], s[i + 1]) == best
                    out.append(s[i] + s[i + 1] if joined else s[i])
                    i += 2 if joined else 1
                s = out
            self.seen[word] = [self.ids[t] for t in s]
        return self.seen[word]

    def __call__(self, text, length=LENGTH):
        ids = ([self.ids[START]] + [i for w in words_of(text) for i in self.word(w)])[:length - 1] + [self.ids[END]]
        return ids + [0] * (length - len(ids))


def learn(captions, merges, folder, seed):
    """byte-pair learning on word counts that continues the seed's merges; stops when every word is one symbol"""
    count = collections.Counter(w for c in captions for w in words_of(c))
    _, order = byte_alphabet()
    learned = sorted(seed.rank, key=seed.rank.get)
    split = {w: [seed.symbols[i] for i in seed.word(w)] for w in count}
    while len(learned) < merges:
        pairs = collections.Counter()
        for w, s in split.items():
            for p in zip(s, s[1:]):
                pairs[p] += count[w]
        if not pairs:
            break
        best = max(sorted(pairs), key=pairs.get)
        learned.append(best)
        for w, s in split.items():
            out, i = [], 0
            while i < len(s):
                joined = i + 1 < len(s) and (s[i], s[i + 1]) == best
                out.append(s[i] + s[i + 1] if joined else s[i])
                i += 2 if joined else 1
            split[w] = out
    vocab = order + [c + "</w>" for c in order] + ["".join(m) for m in learned] + [START, END]
    assert len(set(vocab)) == len(vocab)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "vocab.json"), "w", encoding="utf-8") as f:
        json.dump({t: i for i, t in enumerate(vocab)}, f, ensure_ascii=False)
    with open(os.path.join(folder, "merges.txt"), "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "\n".join(" ".join(m) for m in learned) + "\n")
    return len(vocab)


if __name__ == "__main__":
    import numpy as np

    import scenes
    from captions import caption, plain
    rng = np.random.default_rng(1)
    texts = []
    for _ in range(20000):
        s = scenes.random_scene(rng)
        texts += [caption(s, rng), plain(s)]
    print("vocabulary", learn(texts, 500, path("tokenizer"), Tokenizer(path("seed/tokenizer"))))
    tok = Tokenizer()
    print("longest", max(sum(1 for i in tok(t) if i) for t in texts[:8000]))
    for t in texts[:16:2]:
        print(t)
