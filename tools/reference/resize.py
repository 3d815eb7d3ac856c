"""Pillow's resizing of a small picture of noise to several sizes.

    python tools/reference/resize.py > test/fixtures/data/resize.json

Needs Pillow 10.4.0: published models were trained on its pixels. Pillow 13 changes the order of the two passes where only one edge shrinks. Pixels are hexadecimal.
"""
import json
import random

from PIL import Image

random.seed(3)
width, height = 23, 17
pixels = bytes(random.randrange(256) for _ in range(width * height * 3))
picture = Image.frombytes("RGB", (width, height), pixels)
results = []
for size in [(23, 17), (11, 8), (5, 17), (40, 31), (1, 1), (64, 3)]:
    for name, filter in [("bicubic", Image.BICUBIC), ("bilinear", Image.BILINEAR)]:
        results.append({"width": size[0], "height": size[1], "interpolation": name, "pixels": picture.resize(size, filter).tobytes().hex()})
print(json.dumps({"width": width, "height": height, "pixels": pixels.hex(), "results": results}))
