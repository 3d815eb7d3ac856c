"""Writes test/fixtures/data/augmentation.json: what torchvision's colour adjustments make of a small picture.

Run from the repository root with Python 3.11, torch 2.6.0 and torchvision 0.21.0: python tools/reference/augmentation.py
"""
import json

import torch
import torchvision
from torchvision.transforms.v2 import functional

WIDTH, HEIGHT = 7, 5
FACTORS = [0.4, 0.9, 1.0, 1.3, 1.9]
KINDS = ["brightness", "contrast", "saturation"]

if __name__ == "__main__":
    picture = torch.randint(0, 256, (3, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(5), dtype=torch.uint8)
    rows = lambda image: image.permute(1, 2, 0).flatten().tolist()
    cases = [
        {"kind": kind, "factor": factor, "data": rows(getattr(functional, f"adjust_{kind}")(picture, factor))} for kind in KINDS for factor in FACTORS
    ]
    written = {"source": f"torchvision {torchvision.__version__}", "width": WIDTH, "height": HEIGHT, "data": rows(picture), "flipped": rows(functional.horizontal_flip(picture)), "cases": cases}
    with open("test/fixtures/data/augmentation.json", "w") as file:
        json.dump(written, file)
        file.write("\n")
