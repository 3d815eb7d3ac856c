"""Writes test/fixtures/published/vision-{siglip2,dinov2,dinov2-gated,dinov2-registers} and vision-timm-*: small image towers with random weights in the files of their authors, the pixels that their own processors make
of two pictures, and what each block and the whole tower give for them; and test/fixtures/vision/: timm-vits.json (the numbers of every vision transformer of timm whose name we read) and timm-mobile.json (what timm's networks
of inverted residuals give in their real sizes, with weights that are a function of their names).

Run from the repository root after published.py, which empties the folder: python tools/reference/vision_towers.py
with Python 3.11, torch 2.6.0, torchvision 0.21.0, transformers 5.24.0, timm 1.0.15, open_clip_torch 2.30.0, safetensors 0.8.0, Pillow 10.4.0 (later ones resize otherwise)
"""
import json
import os
import re
import zlib

import numpy
import timm
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from timm.data import create_transform
from timm.models.vision_transformer import VisionTransformer
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from published_common import FIXTURES, Recorder, folder, shake, write_reference

VISION = "test/fixtures/vision"
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SOURCE = f"transformers {transformers.__version__}, timm {timm.__version__}, torch {torch.__version__}"


def pictures():
    return [Image.open(f"{FIXTURES}/pictures/{name}.png").convert("RGB") for name in ("wide", "high")]


def recorded(model, pixels, blocks, forward):
    """@returns what each block gives, and the features"""
    recorder = Recorder({f"block.{i}": block for i, block in enumerate(blocks)})
    with torch.no_grad():
        features = forward(model, pixels)
    recorder.close()
    return {**recorder.values, "features": features.contiguous()}


def of_transformers(name, model, blocks, processor, features, seed):
    model = model.eval()
    shake(model, seed)
    model.save_pretrained(folder(name))
    processor.save_pretrained(folder(name))
    pixels = processor(pictures(), return_tensors="pt")["pixel_values"]
    write_reference(name, {"source": SOURCE}, {"pixels": pixels, **recorded(model, pixels, blocks(model), features)})


def siglip2():
    """As the releases of fixed size are kept: SigLIP's classes, another vocabulary, another filter."""
    sizes = {**SIZES, "intermediate_size": 24, "image_size": 28, "patch_size": 7}
    text = {**SIZES, "intermediate_size": 24, "vocab_size": 40, "max_position_embeddings": 8, "projection_size": 16}
    model = transformers.SiglipModel(transformers.SiglipConfig(vision_config=sizes, text_config=text))
    processor = SiglipImageProcessorPil(size={"height": 28, "width": 28}, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    of_transformers("vision-siglip2", model, lambda m: m.vision_model.encoder.layers, processor, lambda m, x: m.vision_model(x).last_hidden_state, 201)


def dinov2(name, model, config, prefix, seed, **options):
    """Trained with pictures of 42 pixels, shown ones of 28, for which positions are interpolated. Resized to 30 the pictures are cut at whole pixels, where transformers rounds as torchvision does."""
    processor = BitImageProcessorPil(size={"shortest_edge": 30}, crop_size={"height": 28, "width": 28}, resample=3, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    made = model(config(**SIZES, image_size=42, patch_size=7, **options))
    of_transformers(name, made, lambda m: m.encoder.layer, processor, lambda m, x: m(x).last_hidden_state[:, prefix:], seed)


def timm_vit(name, config, seed, **options):
    """A small transformer of timm's own class, below the names that open_clip gives it."""
    model = VisionTransformer(img_size=28, patch_size=7, embed_dim=16, depth=2, num_heads=2, mlp_ratio=1.5, num_classes=3 if options.get("global_pool") != "map" else 0, **options).eval()
    shake(model, seed)
    path = folder(f"vision-timm-{name}")
    save_file({f"visual.trunk.{key}": value.contiguous() for key, value in model.state_dict().items()}, f"{path}/model.safetensors")
    pixels = torch.randn(2, 3, 28, 28, generator=torch.Generator().manual_seed(seed))
    prefix = model.num_prefix_tokens
    write_reference(f"vision-timm-{name}", {"source": SOURCE, "config": config}, {"pixels": pixels, **recorded(model, pixels, model.blocks, lambda m, x: m.forward_features(x)[:, prefix:])})


def hashed(name, count):
    """Numbers between -1 and 1 that depend on a name and a place alone: the test makes the same."""
    x = (numpy.arange(count, dtype=numpy.uint64) + zlib.crc32(name.encode())).astype(numpy.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x ^= x >> numpy.uint32(shift)
        x *= numpy.uint32(factor)
    x ^= x >> numpy.uint32(16)
    return (x.astype(numpy.float64) / 2**31 - 1).astype(numpy.float32)


def fill(model):
    """Weights of a size at which every block is seen in what comes out."""
    state = {}
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            state[name] = tensor
            continue
        values = torch.from_numpy(hashed(name, tensor.numel())).reshape(tensor.shape)
        if tensor.ndim > 1:
            # Classes that a classifier is not quite sure of.
            values = values * (6 / tensor[0].numel()) ** 0.5 * (0.1 if name == "classifier.weight" else 1)
        elif name.endswith("running_var"):
            values = 1 + 0.5 * values
        else:
            values = 0.2 * values + (1 if name.endswith("weight") else 0)
        state[name] = values
    model.load_state_dict(state)


def names(model, without="^$"):
    """CRC-32 of the names in its file, sorted."""
    return zlib.crc32("\n".join(sorted(name for name in model.state_dict() if not re.search(without, name))).encode())


def sample(values):
    """So many of a tensor's numbers that they tell of all of it."""
    flat = values.flatten().tolist()
    step = max(1, len(flat) // 31)
    return {"count": len(flat), "largest": float(f"{values.abs().max().item():.8g}"), "every": step, "values": [float(f"{value:.8g}") for value in flat[::step]]}


def mobile():
    made = {}
    for name, size in [("tf_efficientnet_lite0", 75), ("tf_efficientnet_lite1", 64), ("tf_efficientnet_lite2", 65), ("tf_efficientnet_lite3", 64), ("tf_efficientnet_lite4", 64), ("efficientnet_lite0", 75),
                       ("mobilenetv2_100", 75), ("mobilenetv2_035", 64), ("mobilenetv2_140", 64), ("mobilenetv3_large_100", 75), ("mobilenetv3_small_100", 64), ("tf_mobilenetv3_large_100", 75)]:
        model = timm.create_model(name).eval()
        fill(model)
        pixels = torch.from_numpy(hashed("pixels", 3 * size * size)).reshape(1, 3, size, size)
        blocks = [block for stage in model.blocks for block in stage]
        if name.endswith("100") and "v3" in name:
            blocks = blocks[:-1]
        with torch.no_grad():
            recorder = Recorder({f"block.{i}": block for i, block in enumerate(blocks)})
            map = model.forward_features(pixels)
            probabilities = model(pixels).softmax(-1)
            recorder.close()
        if "v3" not in name:
            # forward_features of these ends with the layer that widens; V3's with the last stage, which is that layer.
            assert map.shape[1] == model.num_features
        cfg = model.pretrained_cfg
        made[name] = {
            "config": {"architecture": name, "num_classes": 1000, "num_features": model.num_features, "pretrained_cfg": {key: cfg[key] for key in ("input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std")}},
            "size": size,
            "parameters": sum(p.numel() for p in model.parameters()),
            "names": names(model),
            "stages": {name: sample(value) for name, value in {**recorder.values, "head": map, "probabilities": probabilities}.items()},
        }
    with open(f"{VISION}/timm-mobile.json", "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in made.items()) + "\n}\n")


def timm_pixels():
    """What timm makes of pictures as its configs say."""
    tensors, configs = {}, {}
    for name, config in {"centre": {"crop_pct": 0.875, "crop_mode": "center", "interpolation": "bicubic"}, "bilinear": {"crop_pct": 0.92, "crop_mode": "center", "interpolation": "bilinear"}, "squash": {"crop_pct": 0.9, "crop_mode": "squash", "interpolation": "bicubic"}}.items():
        whole = {"input_size": [3, 32, 32], "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], **config}
        transform = create_transform((3, 32, 32), is_training=False, **{key: value for key, value in whole.items() if key != "input_size"})
        tensors[name] = torch.stack([transform(picture) for picture in pictures()])
        configs[name] = {"architecture": "mobilenetv2_100", "pretrained_cfg": whole}
    write_reference("vision-timm-pixels", configs, tensors)


def vits():
    """The numbers of timm's transformers. Nothing is allocated."""
    linspace = torch.linspace
    torch.linspace = lambda *args, **options: linspace(*args, **{**options, "device": "cpu"})
    found = {}
    for name in timm.list_models("vit_*"):
        if not re.search(r"^vit_(tiny|small|base|large|huge|so400m|giantopt|giant(?=.*dinov2))_patch\d+(_(clip|clip_quickgelu|siglip|siglip_gap|dinov2|reg4_dinov2))?(_\d+)?$", name):
            continue
        with torch.device("meta"):
            model = timm.create_model(name)
        block = model.blocks[0]
        found[name] = {
            "imageSize": model.patch_embed.img_size[0], "patchSize": model.patch_embed.patch_size[0], "width": model.embed_dim, "layers": len(model.blocks), "heads": block.attn.num_heads,
            "hidden": block.mlp.fc2.in_features, "activation": str(block.mlp.act), "classToken": model.cls_token is not None, "registers": model.num_reg_tokens, "unplaced": model.no_embed_class,
            "inputNorm": not isinstance(model.norm_pre, torch.nn.Identity), "layerScale": not isinstance(block.ls1, torch.nn.Identity), "epsilon": model.norm.eps if hasattr(model.norm, "eps") else None,
            "names": names(model, r"^(head|attn_pool|fc_norm)\."),
        }
    torch.linspace = linspace
    with open(f"{VISION}/timm-vits.json", "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in found.items()) + "\n}\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.makedirs(VISION, exist_ok=True)
    siglip2()
    dinov2("vision-dinov2", transformers.Dinov2Model, transformers.Dinov2Config, 1, 202)
    dinov2("vision-dinov2-gated", transformers.Dinov2Model, transformers.Dinov2Config, 1, 203, use_swiglu_ffn=True)
    dinov2("vision-dinov2-registers", transformers.Dinov2WithRegistersModel, transformers.Dinov2WithRegistersConfig, 4, 204, num_register_tokens=3)
    timm_vit("plain", {"kind": "vit"}, 205)
    timm_vit("registers", {"kind": "vit", "registers": 4, "gathering": "unplaced", "layerScale": True}, 206, init_values=1e-5, reg_tokens=4, no_embed_class=True)
    timm_vit("clip", {"kind": "clip-vit", "activation": "quickGelu", "finalNorm": True}, 207, pre_norm=True, norm_layer=torch.nn.LayerNorm, act_layer="quick_gelu")
    timm_vit("siglip", {"kind": "siglip-vit"}, 208, class_token=False, global_pool="map", act_layer="gelu_tanh")
    timm_pixels()
    vits()
    mobile()
