"""Writes test/fixtures/data/class-embeddings.json: embeddings of ImageNet's classes by their names, as recipes/nano/class-embeddings.ts makes them, by Hugging Face's tokenizers and plain Python.

Run in an environment with tokenizers 0.23.3: python tools/reference/class_embeddings.py
"""
import json
import math
from pathlib import Path

from tokenizers import Tokenizer

root = Path(__file__).parent.parent.parent
tokenizer = Tokenizer.from_file(str(root / "test/fixtures/published/mpt/tokenizer.json"))
imagenet = json.loads((root / "recipes/nano/classes/imagenet.json").read_text())
width = 4


def word(token: int) -> list[float]:
    """The test's language model has these: the same in float16, float32 and here."""
    return [((token * 7 + i * 13) % 29 - 14) / 8 for i in range(width)]


def mean(vectors: list[list[float]]) -> list[float]:
    return [math.fsum(column) / len(vectors) for column in zip(*vectors, strict=True)]


names = [imagenet["nodes"][node]["name"] for node in imagenet["classes"]]
rows = [mean([word(token) for token in tokenizer.encode(" " + name, add_special_tokens=False).ids]) for name in names]
centre = mean(rows)
own = [[a - b for a, b in zip(row, centre, strict=True)] for row in rows]
scaled = [[0.5 * value / math.hypot(*row) for value in row] for row in own]
some = {str(place): [round(value, 6) for value in scaled[place]] for place in range(0, len(names), 20)}
(root / "test/fixtures/data/class-embeddings.json").write_text(
    json.dumps({"vocabulary": tokenizer.get_vocab_size(), "width": width, "classes": len(names), "embeddings": some}) + "\n"
)
