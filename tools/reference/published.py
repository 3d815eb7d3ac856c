"""Writes test/fixtures/published/: small models with random weights in the formats of the published ones (OpenFlamingo, IDEFICS, and language models and vision towers by themselves), every gate open, and what their
authors' code computes with them at every stage: pixels, vision features, resampler, every fusion layer and block, logits, greedy and beam search, log-likelihoods.

Run from the repository root: python tools/reference/published.py
with Python 3.11, torch 2.6.0, transformers 4.46.3, open_clip_torch 2.30.0, einops 0.8, einops-exts 0.0.4, safetensors 0.5, Pillow 10.4 (later ones resize otherwise), timm, ftfy, torchvision 0.21.0 and
(`pip install --no-deps`) open-flamingo 2.0.1, whose own requirements are older.
"""
import shutil
import sys

import torch

import published_idefics
import published_language
import published_openflamingo
import published_vision
from published_common import FIXTURES, pictures

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    shutil.rmtree(FIXTURES, ignore_errors=True)
    drawn = pictures()
    published_openflamingo.write(drawn)
    published_idefics.write(drawn)
    published_idefics.write(drawn, "idefics-without-resampler", resampler=False)
    published_language.write()
    published_vision.write()
    sys.exit(0)
