"""Small vision towers of SigLIP (transformers) and NFNet (timm) in the files that those write, with the features of pictures (see published.py)."""
import dataclasses

import timm
import torch
import transformers
from safetensors.torch import save_file
from timm.models.nfnet import NormFreeNet, model_cfgs

from published_common import folder, shake, write_reference


def round_to_half(model):
    """The reference computes in float32 with values that a float16 file has. @returns those values by name"""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half())
    return {name: value.half().contiguous() for name, value in model.state_dict().items()}


def siglip():
    """29 pixels are four patches of 7 and one column that no patch has, as in so400m-patch14-384."""
    config = transformers.SiglipVisionConfig(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=29, patch_size=7)
    model = transformers.SiglipVisionModel(config).eval()
    shake(model, 81)
    config.save_pretrained(folder("vision-siglip"))
    tensors = round_to_half(model)
    save_file(tensors, f"{folder('vision-siglip')}/model.safetensors", {"format": "pt"})
    pixels = torch.randn(2, 3, 29, 29, generator=torch.Generator().manual_seed(82))
    with torch.no_grad():
        write_reference("vision-siglip", {"source": f"transformers {transformers.__version__}, torch {torch.__version__}"}, {"pixels": pixels, "features": model(pixels).last_hidden_state})


def size_of(name):
    """@returns the number of weights of timm's own model, without its classifier"""
    return sum(parameter.numel() for parameter in timm.create_model(name, num_classes=0).parameters())


def nfnet():
    """dm_nfnet_f0, narrower, with one block in most stages. 64 pixels: the last grid is 2 by 2."""
    config = dataclasses.replace(model_cfgs["dm_nfnet_f0"], depths=(1, 1, 2, 1), channels=(16, 16, 32, 32), stem_chs=32, group_size=8, num_features=32)
    model = NormFreeNet(config, num_classes=3).eval()
    shake(model, 83)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("gain"):
                parameter.copy_(0.5 + 0.5 * parameter.abs())
    tensors = round_to_half(model)
    save_file(tensors, f"{folder('vision-nfnet')}/model.safetensors", {"format": "pt"})
    pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(84))
    with torch.no_grad():
        features = model.forward_features(pixels).flatten(2).transpose(1, 2)
        description = {"source": f"timm {timm.__version__}, torch {torch.__version__}", "parameters": size_of("dm_nfnet_f0")}
        write_reference("vision-nfnet", description, {"pixels": pixels, "features": features})


def write():
    siglip()
    nfnet()
