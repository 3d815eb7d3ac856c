"""Writes test/fixtures/published/vision-{clip,siglip}-alone: image towers that transformers 5 saved by themselves, without `vision_model.` before their names, and the features that it computes.

Run from the repository root with Python 3.11, torch 2.6.0 and transformers 5.24.0: python tools/reference/towers_alone.py
"""
import torch
import transformers

from published_common import folder, shake, write_reference

SIZES = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 28, "patch_size": 14}
TOWERS = {
    # Without the class token, which comes first.
    "clip": (transformers.CLIPVisionModel, transformers.CLIPVisionConfig, lambda states: states[:, 1:]),
    "siglip": (transformers.SiglipVisionModel, transformers.SiglipVisionConfig, lambda states: states),
}


if __name__ == "__main__":
    for seed, (name, (tower, config, features)) in enumerate(TOWERS.items()):
        model = tower(config(**SIZES)).eval()
        shake(model, 90 + seed)
        model.save_pretrained(folder(f"vision-{name}-alone"))
        pixels = torch.randn(1, 3, 28, 28, generator=torch.Generator().manual_seed(92))
        with torch.no_grad():
            tensors = {"pixels": pixels, "features": features(model(pixels).last_hidden_state).contiguous()}
        write_reference(f"vision-{name}-alone", {"source": f"transformers {transformers.__version__}, torch {torch.__version__}"}, tensors)
