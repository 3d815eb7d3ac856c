"""Writes test/fixtures/checkpoint/gguf/llama-quantised.gguf: a small LLaMA with random weights in blocks of 4 and 8 bits, and a vocabulary of all bytes.

    python tools/reference/gguf_quantised.py

Needs gguf==0.19.0 and numpy.
"""
import gguf
import numpy as np
from gguf.constants import GGMLQuantizationType as Q

TARGET = "test/fixtures/checkpoint/gguf/llama-quantised.gguf"
WIDTH, HIDDEN, BLOCKS, HEADS, KEY_HEADS, CONTEXT = 32, 64, 2, 2, 1, 512
random = np.random.default_rng(5)


def bytes_as_characters():
    """GPT-2's: printable bytes are themselves, the others come after 255."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


vocabulary = ["<|endoftext|>", *bytes_as_characters(), "th", "in", "er"]
writer = gguf.GGUFWriter(TARGET, "llama")
writer.add_block_count(BLOCKS)
writer.add_context_length(CONTEXT)
writer.add_embedding_length(WIDTH)
writer.add_feed_forward_length(HIDDEN)
writer.add_head_count(HEADS)
writer.add_head_count_kv(KEY_HEADS)
writer.add_rope_freq_base(10_000.0)
writer.add_rope_dimension_count(WIDTH // HEADS)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("gpt-2")
writer.add_token_list(vocabulary)
writer.add_token_types([3, *[1] * (len(vocabulary) - 1)])
writer.add_token_merges(["t h", "i n", "e r"])


def matrix(name, rows, columns, kind, scale=None):
    values = random.standard_normal((rows, columns), np.float32) * (scale or columns**-0.5)
    writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)


def ones(name):
    writer.add_tensor(name, np.ones(WIDTH, np.float32))


# Tied: there is no output.weight.
matrix("token_embd.weight", len(vocabulary), WIDTH, Q.Q8_0, 0.3)
ones("output_norm.weight")
for i in range(BLOCKS):
    block = f"blk.{i}."
    ones(f"{block}attn_norm.weight")
    ones(f"{block}ffn_norm.weight")
    matrix(f"{block}attn_q.weight", WIDTH, WIDTH, Q.Q4_1)
    matrix(f"{block}attn_k.weight", WIDTH * KEY_HEADS // HEADS, WIDTH, Q.Q4_0)
    matrix(f"{block}attn_v.weight", WIDTH * KEY_HEADS // HEADS, WIDTH, Q.Q8_0)
    matrix(f"{block}attn_output.weight", WIDTH, WIDTH, Q.Q4_1)
    matrix(f"{block}ffn_gate.weight", HIDDEN, WIDTH, Q.Q4_1)
    matrix(f"{block}ffn_up.weight", HIDDEN, WIDTH, Q.Q4_0)
    # Not one of the kinds that products are computed with.
    matrix(f"{block}ffn_down.weight", WIDTH, HIDDEN, Q.Q5_0)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
