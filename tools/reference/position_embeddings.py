"""Position embeddings of a vision transformer brought to larger and smaller pictures, as transformers' `interpolate_pos_encoding` of CLIP and SigLIP does it: torch's bicubic interpolation of the grid; and with antialiasing, as that of DINOv2 with registers.

Needs torch 2.6.0 (CPU). Writes test/fixtures/vision/resized-positions.json: `python tools/reference/position_embeddings.py`
"""

import json
from pathlib import Path

import torch

torch.manual_seed(7)
WIDTH = 3
cases = []
for rows, wanted, antialias in [(4, 7, False), (5, 5, False), (6, 4, False), (2, 9, False), (4, 7, True), (6, 4, True), (9, 3, True)]:
    grid = torch.randn(rows * rows, WIDTH)
    square = grid.reshape(1, rows, rows, WIDTH).permute(0, 3, 1, 2)
    resized = torch.nn.functional.interpolate(square, size=(wanted, wanted), mode="bicubic", align_corners=False, antialias=antialias)
    resized = resized.permute(0, 2, 3, 1).reshape(-1, WIDTH)
    flat = lambda tensor: [round(value, 7) for value in tensor.flatten().tolist()]
    cases.append({"rows": rows, "wanted": wanted, "antialias": antialias, "grid": flat(grid), "resized": flat(resized)})

target = Path(__file__).parents[2] / "test/fixtures/vision/resized-positions.json"
target.write_text(json.dumps({"width": WIDTH, "cases": cases}) + "\n")
