"""Adds to test/fixtures/published/state-dict-names.json what a version of the authors' libraries writes into files of weights: names and shapes of all tensors of small models.

Run from the repository root with each of these versions of transformers, and Python 3.11, torch 2.6.0, open_clip_torch 2.30.0, timm 1.0.15, einops 0.8.0, einops-exts 0.0.4 and
(`pip install --no-deps`) open-flamingo 2.0.1: python tools/reference/state_dict_names.py
4.28.1 is of the time of OpenFlamingo's and Pythia's files, 4.33.3 of IDEFICS', 5.24.0 the newest.
"""
import dataclasses
import json
import os
import tempfile

import torch
import transformers
from safetensors import safe_open

FIXTURE = "test/fixtures/published/state-dict-names.json"
NEWEST = "5.24.0"
LAYERS = 2
ENTRIES = {"vocab_size": 48, "bos_token_id": 0, "eos_token_id": 0}
LLAMA = ENTRIES | {"hidden_size": 24, "num_hidden_layers": LAYERS, "intermediate_size": 32, "max_position_embeddings": 32, "num_attention_heads": 4}
TOWER = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": LAYERS, "num_attention_heads": 2, "image_size": 28, "patch_size": 14}
TEXT = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 10, "max_position_embeddings": 8}
VISUAL = {"image_size": 28, "patch_size": 14, "width": 16, "layers": LAYERS, "head_width": 8}
VISUAL_TEXT = {"context_length": 8, "vocab_size": 10, "width": 8, "heads": 2, "layers": 1}


def language_models():
    """Class, config class and options by name."""
    neox = ENTRIES | {"hidden_size": 24, "num_hidden_layers": LAYERS, "num_attention_heads": 3, "intermediate_size": 40, "max_position_embeddings": 32}
    opt = ENTRIES | {"pad_token_id": 1, "hidden_size": 24, "word_embed_proj_dim": 24, "num_hidden_layers": LAYERS, "ffn_dim": 40, "num_attention_heads": 3, "max_position_embeddings": 32}
    return {
        "llama": ("Llama", LLAMA),
        "llama-tied": ("Llama", LLAMA | {"tie_word_embeddings": True}),
        "mistral": ("Mistral", LLAMA | {"num_key_value_heads": 2}),
        "opt": ("OPT", opt),
        "gpt2": ("GPT2", ENTRIES | {"n_embd": 24, "n_layer": LAYERS, "n_head": 4, "n_positions": 32}),
        "gpt_neox": ("GPTNeoX", neox),
        "mpt": ("Mpt", {"vocab_size": 48, "d_model": 24, "n_layers": LAYERS, "n_heads": 3}),
    }


def saved(model):
    """Names and shapes in the file that `save_pretrained` writes."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        if os.path.exists(f"{folder}/model.safetensors"):
            with safe_open(f"{folder}/model.safetensors", "pt") as file:
                return {name: file.get_slice(name).get_shape() for name in file.keys()}
        return shapes(torch.load(f"{folder}/pytorch_model.bin"))


def shapes(state):
    return {name: list(tensor.shape) for name, tensor in state.items()}


def of_transformers():
    for name, (family, options) in language_models().items():
        causal = "GPT2LMHeadModel" if family == "GPT2" else f"{family}ForCausalLM"
        if not hasattr(transformers, causal):
            continue
        config = getattr(transformers, f"{family}Config")(**options)
        model = getattr(transformers, causal)(config)
        described = {"model_type": config.model_type, **options} | ({"no_bias": True} if family == "Mpt" else {})
        yield f"language/{name}", described, saved(model)
        # Its head is its embedding, or it has none: of those saved alone only these are whole language models.
        if config.tie_word_embeddings:
            yield f"language/{name} without its head", described, saved(model.base_model)
    for family in ["CLIP", "Siglip"]:
        if not hasattr(transformers, f"{family}VisionModel"):
            continue
        tower, text = getattr(transformers, f"{family}VisionConfig")(**TOWER), getattr(transformers, f"{family}TextConfig")(**TEXT)
        whole = getattr(transformers, f"{family}Config")(text_config=text.to_dict(), vision_config=tower.to_dict())
        kind = family.lower()
        models = {"VisionModel": tower, "VisionModelWithProjection": tower, "Model": whole, "ForImageClassification": whole}
        for suffix, config in models.items():
            if hasattr(transformers, family + suffix):
                described = {"model_type": kind, "vision_config": TOWER} if config is whole else {"model_type": f"{kind}_vision_model", **TOWER}
                yield f"vision/{family}{suffix}", described, saved(getattr(transformers, family + suffix)(config))
    if hasattr(transformers, "IdeficsForVisionText2Text"):
        vision = {"embed_dim": 16, "image_size": 28, "patch_size": 14, "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": 24}
        perceiver = {"resampler_n_latents": 4, "resampler_depth": 1, "resampler_n_heads": 2, "resampler_head_dim": 12, "qk_layer_norms_perceiver": True}
        options = LLAMA | {"additional_vocab_size": 2, "cross_layer_interval": 2, "qk_layer_norms": True, "use_resampler": True, "alpha_type": "vector"}
        options |= {"vision_config": vision, "perceiver_config": perceiver}
        # From dicts, as it is read from a file: 4.33 has no other way for the parts.
        model = transformers.IdeficsForVisionText2Text(transformers.IdeficsConfig.from_dict(options))
        yield "model/idefics", {"model_type": "idefics", **options}, shapes(model.state_dict())


def of_others():
    import open_clip
    import timm.models.nfnet

    configs = {"vision_cfg": VISUAL, "text_cfg": VISUAL_TEXT}
    described = {"model_cfg": {"embed_dim": 8, **configs}}
    yield "vision/open_clip", described, shapes(open_clip.CLIP(embed_dim=8, **configs).state_dict())
    yield "vision/open_clip, a text tower of its own", described, shapes(open_clip.CustomTextCLIP(embed_dim=8, init_logit_bias=-10.0, **configs).state_dict())
    sizes = {"depths": (1, 1, 2, 1), "channels": (16, 16, 32, 32), "group_size": 8}
    config = dataclasses.replace(timm.models.nfnet.model_cfgs["dm_nfnet_f0"], **sizes, stem_chs=32, num_features=32)
    own = {"kind": "nfnet", "imageSize": 64, "depths": [1, 1, 2, 1], "channels": [16, 16, 32, 32], "stem": [4, 8, 16, 32], "groupSize": 8, "width": 32}
    yield "nfnet/timm", own, shapes(timm.models.nfnet.NormFreeNet(config, num_classes=3).state_dict())


def of_openflamingo():
    """What its training code saves, and the whole state, as its training in pieces (FSDP without original parameters) saves it."""
    import published_openflamingo as package

    clip = package.open_clip.CLIP(embed_dim=8, vision_cfg=VISUAL, text_cfg=VISUAL_TEXT)
    for name, layers in {"gpt_neox": "gpt_neox.layers", "llama": "model.layers", "opt": "model.decoder.layers"}.items():
        family, options = language_models()[name]
        options = options | {"vocab_size": package.ENTRIES + 8}
        language = getattr(transformers, f"{family}ForCausalLM")(getattr(transformers, f"{family}Config")(**options))
        frozen = shapes(language.state_dict())
        package.VISION_WIDTH = 16
        model = package.flamingo(clip, language, layers, 2, 1, (2, 8))
        described = {"model_type": language.config.model_type, **options}
        parts = {"language": frozen, "vision": shapes(clip.state_dict())}
        if name != "llama":
            yield f"openflamingo/{name}, released", described, {"checkpoint": shapes(package.released_state(model)), **parts}
        if name != "opt":
            yield f"openflamingo/{name}, whole", described, {"checkpoint": shapes(model.state_dict()), **parts}


if __name__ == "__main__":
    found = {}
    if os.path.exists(FIXTURE):
        with open(FIXTURE) as file:
            found = json.load(file)
    version = transformers.__version__
    # Of 4.33.3 what 4.28.1 did not have yet.
    models = [each for each in of_transformers() if version != "4.33.3" or each[0].startswith(("language/mpt", "model/"))]
    models += [*of_others()] if version == NEWEST else []
    models += [*of_openflamingo()] if version == "4.28.1" else []
    found[f"transformers {version}"] = {name: {"config": config, "tensors": tensors} for name, config, tensors in models}
    with open(FIXTURE, "w") as file:
        json.dump(dict(sorted(found.items())), file, separators=(",", ":"))
        file.write("\n")
