"""Writes models/nano/photographs: the photographs that `flamingo start` shows, at most 320 pixels wide and high. CREDITS there says whose they are.

Run from the repository root, in an environment with scikit-image 0.26.0 and Pillow 13.0.0, with the face.dat of scipy 1.10.1 (PyPI, or the Debian package python3-scipy; later releases fetch it):
python tools/reference/demonstration_photographs.py FOLDER/scipy/misc/face.dat
"""
import bz2
import sys

import numpy
import skimage.data
from PIL import Image

largest = 320
raccoon = Image.fromarray(numpy.frombuffer(bz2.decompress(open(sys.argv[1], "rb").read()), numpy.uint8).reshape(768, 1024, 3))
photographs = {
    "raccoon": raccoon,
    # A part of the same photograph.
    "raccoon-face": raccoon.crop((430, 80, 950, 600)),
    **{
        name: Image.fromarray(array).convert("RGB")
        for name, array in {
            "cat": skimage.data.chelsea(),
            "coffee": skimage.data.coffee(),
            "rocket": skimage.data.rocket(),
            "cameraman": skimage.data.camera(),
            "astronaut": skimage.data.astronaut(),
        }.items()
    },
}
for name, photograph in photographs.items():
    photograph.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    photograph.save(f"models/nano/photographs/{name}.webp", quality=80, method=6)
