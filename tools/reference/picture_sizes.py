"""How torchvision and open_clip bring pictures of every size to what an encoder takes: the size of the resized picture, and where its corner lies in the result.

    python tools/reference/picture_sizes.py > test/fixtures/data/picture-sizes.json

Needs torch 2.6.0, torchvision 0.21.0, open_clip_torch 2.30.0. Their transforms run unchanged; only the functions of torchvision's PIL backend, which make pixels, are replaced by ones that keep the account.
`sha256` is of [height, width, top, left] as int32, little-endian, for each height from 1 to 600 and for each of these each width from 1 to 600; `samples` are single sizes: [height, width] and these four.
An edge that open_clip rounds to nothing, which Pillow then refuses, counts as 1.
"""
import hashlib
import json
from dataclasses import dataclass

import numpy
import torchvision.transforms._functional_pil as pil
from open_clip.transform import image_transform


@dataclass
class Outline:
    height: int
    width: int
    top: int = 0
    left: int = 0
    resized: tuple = ()

    @property
    def size(self):
        return (self.width, self.height)


def padded(picture, padding, fill, padding_mode="constant"):
    left, top, right, bottom = padding
    return Outline(picture.height + top + bottom, picture.width + left + right, picture.top + top, picture.left + left, picture.resized)


pil.get_dimensions = lambda picture: [3, picture.height, picture.width]
pil.resize = lambda picture, size, interpolation: Outline(max(1, size[0]), max(1, size[1]), resized=(max(1, size[0]), max(1, size[1])))
pil.crop = lambda picture, top, left, height, width: Outline(height, width, picture.top - top, picture.left - left, picture.resized)
pil.pad = padded

MOST = 600
modes = {"crop": "shortest", "pad": "longest"}
extremes = [(8000, 1), (1, 8000), (60000, 1), (1, 60000), (10000, 9999), (3024, 4032), (4032, 3024), (320, 360), (360, 320), (1, 1), (2, 3), (427, 640), (500, 375), (333, 500)]
results = []
for fit, mode in modes.items():
    for size in [(224, 224), (336, 336), (192, 192), (384, 384), (224, 336), (384, 192)]:
        steps = image_transform(size if size[0] != size[1] else size[0], is_train=False, resize_mode=mode).transforms[:2]

        def laid(height, width):
            picture = Outline(height, width)
            for step in steps:
                picture = step(picture)
            assert (picture.height, picture.width) == size
            return [*(picture.resized or (height, width)), picture.top, picture.left]

        every = numpy.array([laid(height, width) for height in range(1, MOST + 1) for width in range(1, MOST + 1)], dtype="<i4")
        samples = [[list(each), laid(*each)] for each in extremes]
        results.append({"fit": fit, "size": list(size), "sha256": hashlib.sha256(every.tobytes()).hexdigest(), "samples": samples})
print(json.dumps(results))
