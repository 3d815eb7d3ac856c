"""Adds to test/fixtures/published/ what transformers 5 writes in the place of version 4's `rope_theta` and `rotary_pct`: small LLaMA, Mistral and GPT-NeoX models with `rope_parameters`, none of
them the default, with its logits and greedy continuations.

Run from the repository root after published.py, which empties the folder: python tools/reference/published_language_5.py
with Python 3.11, torch 2.6.0, transformers 5.24.0, safetensors 0.8
"""
import torch
import transformers

import published_language
from published_language import BLOCKS, LLAMA, POSITIONS, SHARED, WIDTH


def rope(theta, **rest):
    return {"rope_type": "default", "rope_theta": theta, **rest}


def llama():
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**LLAMA, num_attention_heads=4, num_key_value_heads=2, rope_parameters=rope(500.0)))


def mistral():
    config = transformers.MistralConfig(**LLAMA, num_attention_heads=3, num_key_value_heads=1, head_dim=12, sliding_window=13, rope_parameters=rope(300.0))
    return transformers.MistralForCausalLM(config)


def neox():
    return transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(
        **SHARED, hidden_size=WIDTH, num_hidden_layers=BLOCKS, num_attention_heads=3, intermediate_size=40, max_position_embeddings=POSITIONS,
        rope_parameters=rope(700.0, partial_rotary_factor=0.5),
    ))


if __name__ == "__main__":
    if not transformers.__version__.startswith("5."):
        raise SystemExit(f"this needs transformers 5, not {transformers.__version__}")
    torch.set_num_threads(1)
    published_language.write({
        "llama-5": (llama, torch.float16),
        "mistral-5": (mistral, torch.float16),
        "neox-5": (neox, torch.float16),
    }, first_seed=90)
