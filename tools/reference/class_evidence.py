"""Writes test/fixtures/vision/class-evidence.json: what PyTorch's layers make of a feature map and a classifier whose values are sines.

Run from the repository root, in an environment with torch 2.6.0: python tools/reference/class_evidence.py
"""
import json

import torch

images, inputs, height, width, classes = 2, 6, 3, 4, 11


def sines(first, *shape):
    count = torch.Size(shape).numel()
    return torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + first).reshape(shape).float()


pooled = torch.nn.AdaptiveAvgPool2d(1)(sines(1, images, inputs, height, width)).flatten(1)
logits = torch.nn.functional.linear(pooled, 3 * sines(2, classes, inputs), sines(3, classes))
with open("test/fixtures/vision/class-evidence.json", "w") as file:
    json.dump({"images": images, "inputs": inputs, "height": height, "width": width, "classes": classes, "probabilities": logits.softmax(-1).tolist()}, file)
    file.write("\n")
