"""Adds to test/fixtures/published/ what transformers 5 writes: small LLaMA, Mistral and GPT-NeoX models with `rope_parameters` in the place of version 4's `rope_theta` and `rotary_pct`, none of
them the default; scaled positions of every kind, biases, windows that documents reach beyond; and the families of today, with its logits and greedy continuations.

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


def llama_scaled(**scaling):
    """Documents are longer than the model was first trained with."""
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**LLAMA, num_attention_heads=2, num_key_value_heads=1, head_dim=16, rope_parameters=rope(100.0, **scaling)))


def llama_biased():
    config = transformers.LlamaConfig(**LLAMA, num_attention_heads=4, attention_bias=True, mlp_bias=True, rope_parameters=rope(500.0))
    return transformers.LlamaForCausalLM(config)


def mistral_beyond():
    """The window is shorter than the documents."""
    config = transformers.MistralConfig(**LLAMA, num_attention_heads=4, num_key_value_heads=2, sliding_window=5, rope_parameters=rope(300.0))
    return transformers.MistralForCausalLM(config)


def qwen2(**options):
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**LLAMA, num_attention_heads=4, num_key_value_heads=2, rope_parameters=rope(500.0), **options))


def qwen3():
    config = transformers.Qwen3Config(**LLAMA, num_attention_heads=4, num_key_value_heads=2, head_dim=8, tie_word_embeddings=True, rope_parameters=rope(500.0))
    return transformers.Qwen3ForCausalLM(config)


def gemma(of, family, **options):
    config = getattr(transformers, f"{family}Config")(
        **LLAMA | {"num_hidden_layers": 3}, num_attention_heads=3, num_key_value_heads=1, head_dim=8, query_pre_attn_scalar=10, sliding_window=4, **options,
    )
    return getattr(transformers, f"{of}ForCausalLM")(config)


def gemma3():
    types = ["sliding_attention", "full_attention", "sliding_attention"]
    turns = {"full_attention": rope(900.0, rope_type="linear", factor=4.0), "sliding_attention": rope(200.0)}
    return gemma("Gemma3", "Gemma3Text", layer_types=types, rope_parameters=turns, final_logit_softcapping=20.0)


def phi3(**options):
    return transformers.Phi3ForCausalLM(transformers.Phi3Config(**LLAMA, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0, **options))


def phi3_long():
    """Documents are as long as the short divisors serve; half of each head's eight channels turn."""
    factors = {"short_factor": [1.0, 1.3], "long_factor": [2.0, 9.0]}
    config = transformers.Phi3Config(
        **LLAMA | {"max_position_embeddings": 128, "hidden_size": 32}, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0, original_max_position_embeddings=32, sliding_window=6,
        rope_parameters=rope(500.0, partial_rotary_factor=0.5, **factors) | {"rope_type": "longrope"},
    )
    return transformers.Phi3ForCausalLM(config)


def olmo2():
    config = transformers.Olmo2Config(**LLAMA, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0, rope_parameters=rope(500.0))
    return transformers.Olmo2ForCausalLM(config)


def smollm3():
    config = transformers.SmolLM3Config(
        **LLAMA, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0, no_rope_layers=[1, 0], use_sliding_window=True, sliding_window=4, rope_parameters=rope(700.0),
    )
    return transformers.SmolLM3ForCausalLM(config)


def opt_350m():
    config = transformers.OPTConfig(
        **SHARED, pad_token_id=1, hidden_size=WIDTH, word_embed_proj_dim=12, do_layer_norm_before=False, num_hidden_layers=BLOCKS, ffn_dim=40, num_attention_heads=3,
        max_position_embeddings=POSITIONS,
    )
    return transformers.OPTForCausalLM(config)


LLAMA3 = {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 0.3, "high_freq_factor": 1.5, "original_max_position_embeddings": 6}
YARN = {"rope_type": "yarn", "factor": 3.0, "beta_fast": 1.2, "beta_slow": 0.2, "original_max_position_embeddings": 8}

if __name__ == "__main__":
    if not transformers.__version__.startswith("5."):
        raise SystemExit(f"this needs transformers 5, not {transformers.__version__}")
    torch.set_num_threads(1)
    published_language.write({
        "llama-5": (llama, torch.float16),
        "mistral-5": (mistral, torch.float16),
        "neox-5": (neox, torch.float16),
        "llama-linear": (lambda: llama_scaled(rope_type="linear", factor=3.0), torch.float16),
        "llama-3": (lambda: llama_scaled(**LLAMA3), torch.bfloat16),
        "llama-yarn": (lambda: llama_scaled(**YARN), torch.float16),
        "llama-biased": (llama_biased, torch.float16),
        "mistral-beyond": (mistral_beyond, torch.float16),
        "qwen2": (qwen2, torch.bfloat16),
        # The second block has a window.
        "qwen2-windowed": (lambda: qwen2(use_sliding_window=True, sliding_window=5, max_window_layers=1), torch.bfloat16),
        "qwen3": (qwen3, torch.bfloat16),
        "gemma2": (lambda: gemma("Gemma2", "Gemma2", final_logit_softcapping=8.0, attn_logit_softcapping=3.0, attn_implementation="eager", rope_parameters=rope(400.0)), torch.bfloat16),
        "gemma3": (gemma3, torch.bfloat16),
        "phi3": (phi3, torch.bfloat16),
        "phi3-long": (phi3_long, torch.bfloat16),
        "olmo2": (olmo2, torch.bfloat16),
        "smollm3": (smollm3, torch.bfloat16),
        "opt-350m": (opt_350m, torch.float16),
    }, first_seed=90)
