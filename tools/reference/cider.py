"""CIDEr-D of the COCO caption evaluation on made-up captions.

    python tools/reference/cider.py > test/fixtures/evaluate/cider.json

Needs pycocoevalcap==1.2. Captions are given as tokens, so that its Java tokenizer is not needed.
"""
import json
import random

from pycocoevalcap.cider.cider import Cider

random.seed(1)
words = "a the red blue big small dog cat bird tree house car on in under near with two".split()


def caption():
    return [random.choice(words) for _ in range(random.randint(1, 9))]


pairs = []
for _ in range(40):
    references = [caption() for _ in range(random.randint(1, 5))]
    candidate = random.choice([caption(), references[0], references[0][:-1] + ["dog"], references[0] * 2])
    pairs.append({"candidate": candidate, "references": references})

mean, scores = Cider().compute_score(
    {i: [" ".join(reference) for reference in pair["references"]] for i, pair in enumerate(pairs)},
    {i: [" ".join(pair["candidate"])] for i, pair in enumerate(pairs)},
)
print(json.dumps({"pairs": pairs, "scores": [float(score) for score in scores], "mean": float(mean)}))
