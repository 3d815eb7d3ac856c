"""Training steps of a Flamingo in PyTorch, the same as ours, as a process that makes one whenever it is told to.

    python training.py FOLDER [--compile]

FOLDER holds what training-ours.ts has written: the model's config, its weights under our paths, a batch. Reads one line for each step and answers with one,
{"seconds": …, "loss": …}; the first line that it writes says that the model is there.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

folder = sys.argv[1]
torch.set_num_threads(2)
model = json.load(open(f"{folder}/model.json"))
W = load_file(f"{folder}/weights.safetensors")
batch = load_file(f"{folder}/batch.safetensors")
resampler, language, fusion = model["resampler"], model["language"], model["fusion"]
assert resampler["kind"] == "perceiver" and fusion["kind"] == "gated-cross-attention-dense" and fusion["attend"] == "last" and language["positions"]["kind"] == "rotary"


def linear(x, path):
    return F.linear(x, W[f"{path}.weight"], W.get(f"{path}.bias"))


def norm(x, path, kind="layer", epsilon=1e-5):
    shape = x.shape[-1:]
    return F.layer_norm(x, shape, W[f"{path}.scale"], W.get(f"{path}.bias"), epsilon) if kind == "layer" else F.rms_norm(x, shape, W[f"{path}.scale"], epsilon)


def feed_forward(x, path, activation):
    if activation == "swiGlu":
        return linear(F.silu(linear(x, f"{path}.gate")) * linear(x, f"{path}.up"), f"{path}.down")
    assert activation == "squaredRelu"
    return linear(F.relu(linear(x, f"{path}.up")).square(), f"{path}.down")


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).flatten(2)


def resampled(features):
    """[media, frames, spatial, visionWidth] to [media, latents, width]."""
    path = "resampler.input"
    grid = (features[:, :, : model["grid"]] - W[f"{path}.channels.mean"]) * W[f"{path}.channels.scale"]
    said = features[:, :, model["grid"] :].flatten(2)[:, :, None, : model["vision"]["classes"]]
    seen = torch.cat([linear(grid, f"{path}.projection"), linear(said, f"{path}.evidence")], 2)
    seen = (seen + W[f"{path}.time.weight"][: features.shape[1]]).flatten(1, 2)
    latents = W["resampler.latents"].expand(len(features), -1, -1)
    for i in range(resampler["layers"]):
        path = f"resampler.layers.{i}"
        normed = norm(latents, f"{path}.attention.latentsNorm")
        context = torch.cat([norm(seen, f"{path}.attention.mediaNorm"), normed], 1)
        q, k, v = (split(linear(x, f"{path}.attention.{name}"), resampler["heads"]) for x, name in ((normed, "query"), (context, "key"), (context, "value")))
        latents = latents + linear(join(F.scaled_dot_product_attention(q, k, v)), f"{path}.attention.output")
        latents = latents + feed_forward(norm(latents, f"{path}.norm"), f"{path}.feedForward", resampler["activation"])
    return latents


def fused(text, media, path):
    """Each medium is seen by as many tokens, so that no scores are computed that a mask would throw away."""
    rows, tokens, width = text.shape
    heads, scale = fusion["heads"], fusion["gateScale"]
    normed = norm(media, f"{path}.attention.mediaNorm")
    q = split(linear(norm(text, f"{path}.attention.norm"), f"{path}.attention.query").view(len(media), -1, heads * fusion["headDim"]), heads)
    k, v = (split(linear(normed, f"{path}.attention.{name}"), heads) for name in ("key", "value"))
    attended = linear(join(F.scaled_dot_product_attention(q, k, v)), f"{path}.attention.output").view(rows, tokens, width)
    text = text + torch.tanh(W[f"{path}.attentionGate.alpha"]) * (scale * attended)
    return text + torch.tanh(W[f"{path}.denseGate.alpha"]) * (scale * feed_forward(norm(text, f"{path}.norm"), f"{path}.feedForward", fusion["activation"]))


def angles(tokens):
    dims = int(language["headDim"] * language["positions"]["share"])
    turns = language["positions"]["base"] ** (-torch.arange(0, dims, 2) / dims)
    of = torch.arange(tokens)[:, None] * turns
    return of.cos(), of.sin()


def turned(x, cosine, sine):
    """The first channels of each head, in pairs, by the angle of their position. [batch, heads, tokens, headDim]"""
    pairs = cosine.shape[-1]
    if language["positions"]["layout"] == "half":
        a, b, rest = x[..., :pairs], x[..., pairs : 2 * pairs], x[..., 2 * pairs :]
        return torch.cat([a * cosine - b * sine, b * cosine + a * sine, rest], -1)
    a, b, rest = x[..., 0 : 2 * pairs : 2], x[..., 1 : 2 * pairs : 2], x[..., 2 * pairs :]
    return torch.cat([torch.stack([a * cosine - b * sine, b * cosine + a * sine], -1).flatten(-2), rest], -1)


def loss_of(features, tokens, places, labels):
    kind, epsilon, heads, key_heads = language["norm"], language["normEpsilon"], language["heads"], language["keyHeads"]
    media = resampled(features)
    if "fusion.mediaProjection.weight" in W:
        media = linear(media, "fusion.mediaProjection")
    hidden = F.embedding(tokens, W["language.embedding.weight"])
    rotation = angles(tokens.shape[1])
    layer = 0
    for i in range(language["blocks"]):
        if i >= fusion["offset"] and (i - fusion["offset"]) % fusion["every"] == 0:
            hidden = fused(hidden, media, f"fusion.layers.{layer}")
            layer += 1
        path = f"language.blocks.{i}"
        x = norm(hidden, f"{path}.attentionNorm", kind, epsilon)
        q, k, v = (split(linear(x, f"{path}.attention.{name}"), count) for name, count in (("query", heads), ("key", key_heads), ("value", key_heads)))
        if language["queryKeyNorm"] == "head":
            q, k = norm(q, f"{path}.attention.queryNorm", kind, epsilon), norm(k, f"{path}.attention.keyNorm", kind, epsilon)
        q, k = turned(q, *rotation), turned(k, *rotation)
        hidden = hidden + linear(join(F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=key_heads != heads)), f"{path}.attention.output")
        hidden = hidden + feed_forward(norm(hidden, f"{path}.feedForwardNorm", kind, epsilon), f"{path}.feedForward", language["activation"])
    hidden = norm(hidden, "language.norm", kind, epsilon).flatten(0, 1)[places]
    return F.cross_entropy(F.linear(hidden, W["language.embedding.weight"]), labels)


trained = [W[path].requires_grad_() for path in model["trained"]]
optimiser = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.1, fused=True)
of = torch.compile(loss_of) if "--compile" in sys.argv else loss_of
print(json.dumps({"ready": True}), flush=True)
for _ in sys.stdin:
    started = time.perf_counter()
    optimiser.zero_grad(set_to_none=True)
    loss = of(batch["features"], batch["tokens"], batch["rows"], batch["labels"])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimiser.step()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "loss": loss.item()}), flush=True)
