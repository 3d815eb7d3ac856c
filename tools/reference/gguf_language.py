"""Writes test/fixtures/checkpoint/gguf/llama.gguf: the model of test/fixtures/published/language-llama, with rows of queries and keys in llama.cpp's order (its convert_hf_to_gguf.py); and in split/ the same
in three files.

    python tools/reference/gguf_language.py

Needs gguf==0.19.0 and numpy; published.py writes what it reads.
"""
import json
import os
import struct

import gguf
import numpy as np

SOURCE, TARGET = "test/fixtures/published/language-llama", "test/fixtures/checkpoint/gguf/llama.gguf"
NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def tensors():
    with open(f"{SOURCE}/model.safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        body = file.read()
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            yield name, np.frombuffer(body[start:end], np.float16).reshape(entry["shape"])


def renamed(name):
    if not name.startswith("model.layers."):
        return {"model.embed_tokens.weight": "token_embd.weight", "lm_head.weight": "output.weight", "model.norm.weight": "output_norm.weight"}[name]
    _, _, block, rest = name.split(".", 3)
    return f"blk.{block}.{NAMES[rest.removesuffix('.weight')]}.weight"


def permuted(weight, heads):
    """Channels that turn together become neighbours."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


with open(f"{SOURCE}/config.json") as file:
    config = json.load(file)


def write(**options):
    writer = gguf.GGUFWriter(TARGET, "llama", **options)
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    # Bytes are not all there, which no test needs: the letters a to z, digits, and a few pairs.
    characters = ["<|endoftext|>", "<image>", *map(chr, range(ord("a"), ord("z") + 1)), *"0123456789", "Ġ", ".", "th", "the", "Ġthe", "in", "ing", "er", "00", "-"]
    assert len(characters) == config["vocab_size"], len(characters)
    writer.add_token_list(characters)
    writer.add_token_types([3, 3, *[1] * (len(characters) - 2)])
    writer.add_token_merges(["t h", "th e", "Ġ the", "i n", "in g", "e r", "0 0"])
    for name, weight in tensors():
        heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}.get(name.split(".")[-2])
        value = weight if heads is None else permuted(weight, heads)
        writer.add_tensor(renamed(name), np.ascontiguousarray(value if value.ndim > 1 else value.astype(np.float32)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


write()
# The same in three files, by the package that llama.cpp's converter uses.
TARGET = TARGET.replace("llama.gguf", "split/llama.gguf")
os.makedirs(os.path.dirname(TARGET), exist_ok=True)
write(split_max_tensors=8)
