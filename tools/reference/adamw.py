"""Writes test/fixtures/nn/adamw.json: three parameters under PyTorch's AdamW with clipping, warm-up and two groups.

Run from the repository root with PyTorch (1.13 or later): python tools/reference/adamw.py
"""
import json
import math

import torch

torch.manual_seed(0)
steps, warmup, peak = 8, 3, 0.02
shapes = {"language.weight": (3, 2), "language.bias": (2,), "resampler.weight": (4,)}
parameters = {path: torch.nn.Parameter(torch.randn(shape)) for path, shape in shapes.items()}
initial = {path: p.detach().flatten().tolist() for path, p in parameters.items()}
gradients = [{path: torch.randn(shape) * 10 ** (i % 3 - 1) for path, shape in shapes.items()} for i in range(steps)]

language = [p for path, p in parameters.items() if path.startswith("language")]
optimiser = torch.optim.AdamW(
    [{"params": language, "weight_decay": 0.1}, {"params": [parameters["resampler.weight"]], "weight_decay": 0.0}],
    lr=peak, betas=(0.9, 0.95), eps=1e-8,
)
schedule = torch.optim.lr_scheduler.LambdaLR(
    optimiser,
    # Called with 0 for the first update.
    lambda i: (i + 1) / warmup if i + 1 < warmup else (1 + math.cos(math.pi * (i + 1 - warmup) / (steps - warmup))) / 2,
)
records = []
for gradient in gradients:
    for path, p in parameters.items():
        p.grad = gradient[path].clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
    rate = optimiser.param_groups[0]["lr"]
    optimiser.step()
    schedule.step()
    records.append({
        "learningRate": rate,
        "gradientNorm": norm.item(),
        "gradients": {path: g.flatten().tolist() for path, g in gradient.items()},
        "weights": {path: p.detach().flatten().tolist() for path, p in parameters.items()},
    })
with open("test/fixtures/nn/adamw.json", "w") as file:
    json.dump({"steps": steps, "warmup": warmup, "peak": peak, "initial": initial, "updates": records}, file)
