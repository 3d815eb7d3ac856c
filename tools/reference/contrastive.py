"""Writes test/fixtures/contrastive/: one training step of a pair of towers in PyTorch, NFNet by timm (the weights of test/fixtures/published/vision-nfnet) and BERT by transformers, with loss and gradients.

Run from the repository root with Python 3.11, torch 2.6.0, timm 1.0.15, transformers 4.46.3: python tools/reference/contrastive.py
"""
import dataclasses
import json
import os

import timm
import torch
import transformers
from safetensors.torch import load_file, save_file
from timm.models.nfnet import NormFreeNet, model_cfgs

from published_common import shake

FOLDER = "test/fixtures/contrastive"
PAIRS, LENGTH, WIDTH, SMOOTHING = 4, 6, 12, 0.1
LENGTHS = [6, 2, 4, 1]
MEAN, DEVIATION = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)


def vision():
    config = dataclasses.replace(model_cfgs["dm_nfnet_f0"], depths=(1, 1, 2, 1), channels=(16, 16, 32, 32), stem_chs=32, group_size=8, num_features=32)
    model = NormFreeNet(config, num_classes=3)
    model.load_state_dict({name: value.float() for name, value in load_file("test/fixtures/published/vision-nfnet/model.safetensors").items()})
    # Without dropout.
    return model.eval()


def text():
    sizes = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 8}
    model = transformers.BertModel(transformers.BertConfig(**sizes), add_pooling_layer=False).eval()
    shake(model, 71)
    with torch.no_grad():
        # Ours has no kinds of sentences.
        model.embeddings.token_type_embeddings.weight.zero_()
    return model


def our_name(name):
    for published, ours in [
        ("embeddings.word_embeddings.", "embedding."),
        ("embeddings.position_embeddings.", "positions."),
        ("embeddings.LayerNorm.", "inputNorm."),
        ("encoder.layer.", "layers."),
        ("attention.self.", "attention."),
        ("attention.output.dense.", "attention.output."),
        ("attention.output.LayerNorm.", "attention.norm."),
        ("intermediate.dense.", "feedForward.up."),
        ("output.dense.", "feedForward.down."),
        ("output.LayerNorm.", "norm."),
    ]:
        # The attention's output comes before the layer's in this list.
        if published not in ("output.dense.", "output.LayerNorm.") or ".attention." not in name:
            name = name.replace(published, ours)
    return f"text.{name.replace('orm.weight', 'orm.scale')}"


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    generator = torch.Generator().manual_seed(72)
    pictures, texts = vision(), text()
    projections = {name: torch.nn.Linear(width, WIDTH, bias=False) for name, width in {"picture": 32, "text": 16}.items()}
    for projection in projections.values():
        projection.weight.data = torch.randn(projection.weight.shape, generator=generator) / projection.in_features**0.5
    temperature = torch.nn.Parameter(torch.tensor([1.7]))
    pixels = torch.randint(0, 256, (PAIRS, 64, 64, 3), generator=generator, dtype=torch.uint8)
    tokens = torch.randint(0, 40, (PAIRS, LENGTH), generator=generator)
    mask = torch.arange(LENGTH)[None] < torch.tensor(LENGTHS)[:, None]

    normalised = ((pixels.float() / 255 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)).permute(0, 3, 1, 2)
    seen = pictures.forward_features(normalised).flatten(2).mean(-1)
    states = texts(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
    read = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    seen, read = (torch.nn.functional.normalize(projections[name](x), dim=-1) for name, x in {"picture": seen, "text": read}.items())
    logits = temperature.exp() * seen @ read.T
    labels = torch.arange(PAIRS)
    entropy = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    loss = (entropy(logits, labels) + entropy(logits.T, labels)) / 2
    loss.backward()

    # Names of the vision tower stay timm's, which the test maps as a checkpoint's.
    learnt = {f"timm.{name}": parameter for name, parameter in pictures.named_parameters() if not name.startswith("head.")}
    learnt |= {our_name(name): parameter for name, parameter in texts.named_parameters() if "token_type" not in name}
    learnt |= {f"contrast.{name}Projection.weight": projection.weight for name, projection in projections.items()}
    learnt |= {"contrast.logInverseTemperature": temperature}
    ours = {f"weight.{name}": parameter for name, parameter in learnt.items() if not name.startswith("timm.")}
    gradients = {f"gradient.{name}": parameter.grad for name, parameter in learnt.items()}
    save_file(
        {name: value.detach().contiguous().clone() for name, value in {**ours, **gradients, "pixels": pixels, "pictures": seen, "texts": read}.items()},
        f"{FOLDER}/step.safetensors",
    )
    with open(f"{FOLDER}/step.json", "w") as file:
        source = f"torch {torch.__version__}, timm {timm.__version__}, transformers {transformers.__version__}"
        json.dump({"source": source, "tokens": tokens.tolist(), "lengths": LENGTHS, "mean": MEAN, "deviation": DEVIATION, "loss": loss.item()}, file)
        file.write("\n")
