"""Writes test/fixtures/published-configs/VERSION.json: every config class whose files are read, as that version of transformers (or timm, or open_clip) writes it with its defaults: what
`save_pretrained` writes, and all attributes, which older versions wrote for the parts of a model.

Run from the repository root, once for each version: python tools/reference/published_configs.py [transformers | others]
with Python 3.11 and transformers 4.28.1, 4.33.3, 4.46.3, 4.57.6 and 5.24.0; the last two with torch 2.6.0, torchvision 0.21.0 and Pillow, which image processors need. `others`: timm 1.0.15, open_clip_torch 2.30.0, torch 2.6.0.
"""
import dataclasses
import json
import os
import pathlib
import sys
import tempfile

FOLDER = "test/fixtures/published-configs"
CONFIGS = [
    "MptConfig", "GPTNeoXConfig", "LlamaConfig", "MistralConfig", "OPTConfig", "GPT2Config", "CLIPConfig", "CLIPVisionConfig", "SiglipConfig", "SiglipVisionConfig", "IdeficsConfig",
    "Dinov2Config", "Dinov2WithRegistersConfig", "Qwen2Config", "Qwen3Config", "Gemma2Config", "Gemma3TextConfig", "Phi3Config", "Olmo2Config", "SmolLM3Config",
]
PROCESSORS = ["CLIPImageProcessor", "SiglipImageProcessor", "IdeficsImageProcessor", "CLIPImageProcessorFast", "SiglipImageProcessorFast", "BitImageProcessor", "BitImageProcessorFast"]


def saved(made, file):
    with tempfile.TemporaryDirectory() as folder:
        made.save_pretrained(folder)
        with open(f"{folder}/{file}") as opened:
            return json.load(opened)


def of_transformers():
    import transformers

    found = {}
    for name in CONFIGS:
        config = getattr(transformers, name, None)
        if config is not None:
            # Without a resampler, which is IDEFICS's default, no model was released: what it is made of is in the other form.
            made = config(use_resampler=True) if name == "IdeficsConfig" else config()
            found[name] = {"saved": saved(made, "config.json"), "attributes": json.loads(json.dumps(made.to_dict(), default=str))}
    for name in PROCESSORS:
        try:
            found[name] = {"saved": saved(getattr(transformers, name)(), "preprocessor_config.json")}
        except (AttributeError, ImportError):
            continue
    return f"transformers-{transformers.__version__}", found


def of_others():
    import open_clip
    import timm
    from open_clip.model import CLIPVisionCfg
    from open_clip.transform import PreprocessCfg
    from timm.models._hub import save_config_for_hf

    # As they are uploaded: narrow, since only the config is kept.
    model = timm.create_model("dm_nfnet_f0.dm_in1k", pretrained=False, pretrained_cfg_overlay={"hf_hub_id": None, "url": None})
    with tempfile.TemporaryDirectory() as folder:
        save_config_for_hf(model, pathlib.Path(folder, "config.json"))
        with open(f"{folder}/config.json") as opened:
            nfnet = json.load(opened)
    clip = {"model_cfg": {"embed_dim": 512, "vision_cfg": dataclasses.asdict(CLIPVisionCfg()), "text_cfg": {}}, "preprocess_cfg": dataclasses.asdict(PreprocessCfg())}
    released = {name: {"model_cfg": open_clip.get_model_config(name)} for name in ["ViT-B-32", "ViT-L-14", "ViT-H-14", "ViT-g-14", "ViT-bigG-14", "ViT-L-14-quickgelu"]}
    return "others", {"timm": {"saved": nfnet}, "open_clip": {"saved": clip}, **{name: {"saved": config} for name, config in released.items()}}


if __name__ == "__main__":
    name, found = of_others() if sys.argv[1:] == ["others"] else of_transformers()
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/{name}.json", "w") as file:
        # One line for each, which a change can be seen in.
        lines = [f"{json.dumps(key)}: {json.dumps(value, sort_keys=True, separators=(',', ':'))}" for key, value in found.items()]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
