"""Writes test/fixtures/language/families.json: logits of a tiny model of every published family, by Hugging Face transformers, and the gradient of
the next tokens' cross-entropy in its embedding, by PyTorch.

Weights are not stored: both sides draw them from the parameter's path (`weights` below, `referenceWeights` in the test).
Run from the repository root with PyTorch (1.13 or later) and transformers 4.36: python tools/reference/language.py
"""
import json
import math

import torch
import transformers as hf
from transformers.models.persimmon.configuration_persimmon import PersimmonConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.deprecated.transfo_xl import modeling_transfo_xl as transfo_xl

VOCABULARY, WIDTH, BLOCKS, TOKENS = 24, 24, 2, 7
TOKEN_ROWS = [[3, 17, 0, 23, 5, 5, 11], [8, 1, 19, 2, 21, 14, 6]]


def weights(path, count):
    state = 0x811C9DC5
    for character in path:
        state = ((state ^ ord(character)) * 16777619) & 0xFFFFFFFF
    values = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        values.append(state / 2**32 - 0.5)
    return torch.tensor(values) + (1 if path.endswith(".scale") else 0)


def fill(path, view):
    """Writes the weights of our parameter `path` into a view of the other model's tensor."""
    with torch.no_grad():
        view.copy_(weights(path, view.numel()).reshape(view.shape))


def linear(path, module, bias=True):
    fill(f"{path}.weight", module.weight)
    if bias and module.bias is not None:
        fill(f"{path}.bias", module.bias)


def norm(path, module):
    fill(f"{path}.scale", module.weight)
    if getattr(module, "bias", None) is not None:
        fill(f"{path}.bias", module.bias)


def per_head_qkv(path, module, heads):
    """GPT-NeoX and Persimmon: rows go head by head, and in each head queries, keys, values."""
    size = WIDTH // heads
    for i, name in enumerate(["query", "key", "value"]):
        fill(f"{path}.{name}.weight", module.weight.view(heads, 3, size, WIDTH)[:, i])
        fill(f"{path}.{name}.bias", module.bias.view(heads, 3, size)[:, i])


def block_paths(i):
    block = f"blocks.{i}"
    return f"{block}.attentionNorm", f"{block}.attention", f"{block}.feedForwardNorm", f"{block}.feedForward"


def gpt2():
    model = hf.GPT2LMHeadModel(hf.GPT2Config(vocab_size=VOCABULARY, n_embd=WIDTH, n_layer=BLOCKS, n_head=4, n_positions=16))
    fill("embedding.weight", model.transformer.wte.weight)
    fill("positions.weight", model.transformer.wpe.weight)
    for i, layer in enumerate(model.transformer.h):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        norm(attention_norm, layer.ln_1)
        norm(feed_forward_norm, layer.ln_2)
        # GPT-2 keeps its matrices as [inputs, outputs].
        for part, name in enumerate(["query", "key", "value"]):
            fill(f"{attention}.{name}.weight", layer.attn.c_attn.weight[:, part * WIDTH:(part + 1) * WIDTH].T)
            fill(f"{attention}.{name}.bias", layer.attn.c_attn.bias[part * WIDTH:(part + 1) * WIDTH])
        for path, module in [(f"{attention}.output", layer.attn.c_proj), (f"{feed_forward}.up", layer.mlp.c_fc), (f"{feed_forward}.down", layer.mlp.c_proj)]:
            fill(f"{path}.weight", module.weight.T)
            fill(f"{path}.bias", module.bias)
    norm("norm", model.transformer.ln_f)
    return model, {"heads": 4, "maxTokens": 16, "positions": {"kind": "learnt"}, "activation": "geluTanh"}


def opt():
    model = hf.OPTForCausalLM(hf.OPTConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, word_embed_proj_dim=WIDTH, num_hidden_layers=BLOCKS, ffn_dim=4 * WIDTH,
        num_attention_heads=4, max_position_embeddings=16,
    ))
    decoder = model.model.decoder
    decoder.embed_tokens.padding_idx = None  # else its row would get no gradient
    fill("embedding.weight", decoder.embed_tokens.weight)
    fill("positions.weight", decoder.embed_positions.weight)
    for i, layer in enumerate(decoder.layers):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        norm(attention_norm, layer.self_attn_layer_norm)
        norm(feed_forward_norm, layer.final_layer_norm)
        for name, module in [("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj"), ("output", "out_proj")]:
            linear(f"{attention}.{name}", getattr(layer.self_attn, module))
        linear(f"{feed_forward}.up", layer.fc1)
        linear(f"{feed_forward}.down", layer.fc2)
    norm("norm", decoder.final_layer_norm)
    return model, {"heads": 4, "maxTokens": 16, "positions": {"kind": "learnt", "offset": 2}, "activation": "relu"}


def neox(share, parallel):
    model = hf.GPTNeoXForCausalLM(hf.GPTNeoXConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=BLOCKS, num_attention_heads=3, intermediate_size=4 * WIDTH,
        rotary_pct=share, use_parallel_residual=parallel, max_position_embeddings=16,
    ))
    fill("embedding.weight", model.gpt_neox.embed_in.weight)
    for i, layer in enumerate(model.gpt_neox.layers):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        norm(attention_norm, layer.input_layernorm)
        norm(feed_forward_norm, layer.post_attention_layernorm)
        per_head_qkv(attention, layer.attention.query_key_value, 3)
        linear(f"{attention}.output", layer.attention.dense)
        linear(f"{feed_forward}.up", layer.mlp.dense_h_to_4h)
        linear(f"{feed_forward}.down", layer.mlp.dense_4h_to_h)
    norm("norm", model.gpt_neox.final_layer_norm)
    linear("head", model.embed_out)
    residual = "parallel" if parallel else "sequential"
    return model, {"heads": 3, "positions": {"kind": "rotary", "share": share}, "residual": residual, "tiedEmbeddings": False}


def gptj():
    model = hf.GPTJForCausalLM(hf.GPTJConfig(vocab_size=VOCABULARY, n_embd=WIDTH, n_layer=BLOCKS, n_head=2, rotary_dim=4, n_positions=16))
    fill("embedding.weight", model.transformer.wte.weight)
    for i, layer in enumerate(model.transformer.h):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        # GPT-J has one norm where we have two: `sharedNorm` tells the test to give both the same weights.
        norm(attention_norm, layer.ln_1)
        for name, module in [("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj"), ("output", "out_proj")]:
            linear(f"{attention}.{name}", getattr(layer.attn, module))
        linear(f"{feed_forward}.up", layer.mlp.fc_in)
        linear(f"{feed_forward}.down", layer.mlp.fc_out)
    norm("norm", model.transformer.ln_f)
    fill("head.weight", model.lm_head.weight)
    torch.nn.init.zeros_(model.lm_head.bias)
    return model, {
        "heads": 2, "positions": {"kind": "rotary", "share": 4 / 12, "layout": "interleaved"}, "residual": "parallel", "activation": "geluTanh",
        "bias": {"attention": False}, "tiedEmbeddings": False,
    }


def llama():
    model = hf.LlamaForCausalLM(hf.LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=BLOCKS, num_attention_heads=4, num_key_value_heads=2, intermediate_size=40,
        rms_norm_eps=1e-6, rope_theta=500.0, max_position_embeddings=16,
    ))
    fill("embedding.weight", model.model.embed_tokens.weight)
    for i, layer in enumerate(model.model.layers):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        norm(attention_norm, layer.input_layernorm)
        norm(feed_forward_norm, layer.post_attention_layernorm)
        for name, module in [("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj"), ("output", "o_proj")]:
            linear(f"{attention}.{name}", getattr(layer.self_attn, module))
        for name in ["gate", "up", "down"]:
            linear(f"{feed_forward}.{name}", getattr(layer.mlp, f"{name}_proj"))
    norm("norm", model.model.norm)
    linear("head", model.lm_head)
    return model, {
        "heads": 4, "keyHeads": 2, "hidden": 40, "positions": {"kind": "rotary", "base": 500}, "norm": "rms", "normEpsilon": 1e-6,
        "activation": "swiGlu", "bias": {"attention": False, "feedForward": False, "norm": False}, "tiedEmbeddings": False,
    }


class NormedQueriesKeys(torch.nn.Module):
    """MosaicML's `attn_qk_ln`, which transformers leaves out: a layer norm over all heads of the queries and of the keys."""

    def __init__(self, joined):
        super().__init__()
        self.joined = joined
        self.query_norm, self.key_norm = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)

    def forward(self, x):
        query, key, value = self.joined(x).chunk(3, dim=-1)
        return torch.cat([self.query_norm(query), self.key_norm(key), value], dim=-1)


def mpt(heads, query_key_norm):
    model = hf.MptForCausalLM(hf.MptConfig(vocab_size=VOCABULARY, d_model=WIDTH, n_layers=BLOCKS, n_heads=heads, max_seq_len=16))
    fill("embedding.weight", model.transformer.wte.weight)
    for i, layer in enumerate(model.transformer.blocks):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        norm(attention_norm, layer.norm_1)
        norm(feed_forward_norm, layer.norm_2)
        for part, name in enumerate(["query", "key", "value"]):
            fill(f"{attention}.{name}.weight", layer.attn.Wqkv.weight[part * WIDTH:(part + 1) * WIDTH])
        linear(f"{attention}.output", layer.attn.out_proj)
        linear(f"{feed_forward}.up", layer.ffn.up_proj)
        linear(f"{feed_forward}.down", layer.ffn.down_proj)
        if query_key_norm:
            layer.attn.Wqkv = NormedQueriesKeys(layer.attn.Wqkv)
            fill(f"{attention}.queryNorm.scale", layer.attn.Wqkv.query_norm.weight)
            fill(f"{attention}.keyNorm.scale", layer.attn.Wqkv.key_norm.weight)
    if heads & (heads - 1) != 0:
        # transformers' MPT fails where the number of heads is no power of two; its BLOOM has the ALiBi paper's own rule.
        bias = build_alibi_tensor(torch.ones(1, 16), heads, torch.float32).view(heads, 1, 16)
        model.transformer.build_mpt_alibi_tensor = lambda *_, **__: bias - bias[:, :, -1:]
    norm("norm", model.transformer.norm_f)
    return model, {
        "heads": heads, "positions": {"kind": "alibi"}, "bias": {"attention": False, "feedForward": False, "norm": False},
        "queryKeyNorm": "all" if query_key_norm else "none",
    }


def persimmon():
    model = hf.PersimmonForCausalLM(PersimmonConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=BLOCKS, num_attention_heads=3, intermediate_size=4 * WIDTH,
        partial_rotary_factor=0.5, max_position_embeddings=16, rope_theta=25000.0,
    ))
    fill("embedding.weight", model.model.embed_tokens.weight)
    for i, layer in enumerate(model.model.layers):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        norm(attention_norm, layer.input_layernorm)
        norm(feed_forward_norm, layer.post_attention_layernorm)
        per_head_qkv(attention, layer.self_attn.query_key_value, 3)
        norm(f"{attention}.queryNorm", layer.self_attn.q_layernorm)
        norm(f"{attention}.keyNorm", layer.self_attn.k_layernorm)
        linear(f"{attention}.output", layer.self_attn.dense)
        linear(f"{feed_forward}.up", layer.mlp.dense_h_to_4h)
        linear(f"{feed_forward}.down", layer.mlp.dense_4h_to_h)
    norm("norm", model.model.final_layernorm)
    linear("head", model.lm_head)
    return model, {
        "heads": 3, "positions": {"kind": "rotary", "base": 25000, "share": 0.5}, "queryKeyNorm": "head", "activation": "squaredRelu", "tiedEmbeddings": False,
    }


class TransformerXl(torch.nn.Module):
    """Transformer-XL's attention layer in a pre-norm decoder, as Gopher has it; here with layer norms."""

    def __init__(self, heads):
        super().__init__()
        size = WIDTH // heads
        self.embedding = torch.nn.Embedding(VOCABULARY, WIDTH)
        self.attention = torch.nn.ModuleList(
            transfo_xl.RelPartialLearnableMultiHeadAttn(
                heads, WIDTH, size, 0.0, pre_lnorm=True,
                r_r_bias=torch.nn.Parameter(torch.zeros(heads, size)), r_w_bias=torch.nn.Parameter(torch.zeros(heads, size)),
            ) for _ in range(BLOCKS)
        )
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(WIDTH) for _ in range(BLOCKS))
        self.up = torch.nn.ModuleList(torch.nn.Linear(WIDTH, 4 * WIDTH, bias=False) for _ in range(BLOCKS))
        self.down = torch.nn.ModuleList(torch.nn.Linear(4 * WIDTH, WIDTH, bias=False) for _ in range(BLOCKS))
        self.norm = torch.nn.LayerNorm(WIDTH)

    def forward(self, tokens):
        count = tokens.shape[1]
        hidden = self.embedding(tokens).transpose(0, 1)
        distances = transfo_xl.PositionalEmbedding(WIDTH)(torch.arange(count - 1, -1, -1.0))
        mask = torch.triu(torch.ones(count, count, dtype=torch.uint8), diagonal=1)[:, :, None]
        for attention, norm_, up, down in zip(self.attention, self.norms, self.up, self.down):
            hidden = attention(hidden, distances, attn_mask=mask)[0]
            hidden = hidden + down(torch.nn.functional.gelu(up(norm_(hidden))))
        return (self.norm(hidden) @ self.embedding.weight.T).transpose(0, 1)


def relative():
    model = TransformerXl(4)
    fill("embedding.weight", model.embedding.weight)
    for i, attention_layer in enumerate(model.attention):
        attention_norm, attention, feed_forward_norm, feed_forward = block_paths(i)
        norm(attention_norm, attention_layer.layer_norm)
        for part, name in enumerate(["query", "key", "value"]):
            fill(f"{attention}.{name}.weight", attention_layer.qkv_net.weight[part * WIDTH:(part + 1) * WIDTH])
        linear(f"{attention}.output", attention_layer.o_net)
        fill(f"{attention}.relative.weight", attention_layer.r_net.weight)
        fill(f"{attention}.relative.contentBias", attention_layer.r_w_bias)
        fill(f"{attention}.relative.positionBias", attention_layer.r_r_bias)
        norm(feed_forward_norm, model.norms[i])
        linear(f"{feed_forward}.up", model.up[i])
        linear(f"{feed_forward}.down", model.down[i])
    norm("norm", model.norm)
    return model, {"heads": 4, "positions": {"kind": "relative"}, "bias": {"attention": False, "feedForward": False}}


families = {
    "GPT-2": gpt2(), "OPT": opt(), "Pythia": neox(0.25, True), "RedPajama": neox(1.0, False), "GPT-J": gptj(), "LLaMA, grouped queries": llama(),
    "MPT": mpt(4, False), "MPT, 6 heads": mpt(6, False), "MPT-1B": mpt(4, True), "Persimmon": persimmon(), "Transformer-XL": relative(),
}
tokens = torch.tensor(TOKEN_ROWS)
fixture = []
for name, (model, config) in families.items():
    model.eval()
    result = model(tokens)
    logits = result if isinstance(result, torch.Tensor) else result.logits
    assert logits.shape == (2, TOKENS, VOCABULARY) and math.isfinite(logits.abs().max().item())
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, VOCABULARY), tokens[:, 1:].reshape(-1))
    embedding = model.embedding if isinstance(model, TransformerXl) else model.get_input_embeddings()
    (gradient,) = torch.autograd.grad(loss, [embedding.weight])
    fixture.append({
        "name": name, "config": {"vocabulary": VOCABULARY, "width": WIDTH, "blocks": BLOCKS, **config}, "sharedNorm": name == "GPT-J",
        "logits": [float(f"{value:.6g}") for value in logits.flatten().tolist()], "loss": loss.item(),
        "embeddingGradient": [float(f"{value:.5g}") for value in gradient.flatten().tolist()],
    })
with open("test/fixtures/language/families.json", "w") as file:
    json.dump({"tokens": TOKEN_ROWS, "families": fixture}, file)
