"""What open_clip's transforms, as OpenFlamingo uses them, make of pictures of noise, thin ones among them: SHA-256 of the bytes of red, green and blue.

    python tools/reference/fitted_pictures.py > test/fixtures/data/fitted-pictures.json

Needs torch 2.6.0, torchvision 0.21.0, open_clip_torch 2.30.0 and Pillow 10.4.0 (later ones resize otherwise). Byte i of a picture is the highest of (i + 1) * 0x9e3779b1, in 32 bits.
"""
import hashlib
import json

from open_clip.transform import image_transform
from PIL import Image

results = []
for width, height in [(1, 90), (90, 1), (2, 300), (300, 2), (3, 2000), (2000, 3), (5, 7), (37, 41), (41, 37), (64, 45), (24, 24), (320, 360), (25, 24)]:
    picture = Image.frombytes("RGB", (width, height), bytes(((i + 1) * 0x9E3779B1 & 0xFFFFFFFF) >> 24 for i in range(width * height * 3)))
    for fit, mode in [("crop", "shortest"), ("pad", "longest"), ("squash", "squash")]:
        for size in [(24, 24), (16, 30)]:
            # open_clip rounds the shorter edge of these to nothing, which Pillow refuses.
            if fit == "pad" and round(min(width, height) / max(height / size[0], width / size[1])) == 0:
                continue
            for step in image_transform(size if size[0] != size[1] else size[0], is_train=False, resize_mode=mode).transforms[: 1 if fit == "squash" else 2]:
                fitted = step(picture if step.__class__.__name__.startswith("Resize") else fitted)
            results.append({"width": width, "height": height, "fit": fit, "size": list(size), "sha256": hashlib.sha256(fitted.tobytes()).hexdigest()})
print(json.dumps(results, indent=0))
