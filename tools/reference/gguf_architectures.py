"""Adds test/fixtures/checkpoint/gguf/architectures/: small models with random weights, as transformers 5 makes them and llama.cpp's own converter writes them to GGUF, with transformers' logits.

    pip download --no-deps --no-binary :all: llama-cpp-python==0.3.36   # its archive holds llama.cpp at 0c1e57098, with the converter
    tar xzf llama_cpp_python-0.3.36.tar.gz
    python tools/reference/gguf_architectures.py llama_cpp_python-0.3.36/vendor/llama.cpp

with Python 3.11, torch 2.6.0, transformers 5.24.0, safetensors 0.8, sentencepiece. With cyllama 0.2.18 (llama.cpp b9190) in another environment, whose Python is named second, llama.cpp computes the same files, and how far
it is from transformers is printed.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

LLAMA_CPP = sys.argv[1]
sys.path[:0] = [LLAMA_CPP, f"{LLAMA_CPP}/gguf-py"]

import gguf  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from conversion import get_model_class  # noqa: E402
from conversion.base import ModelBase  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from published_common import shake  # noqa: E402

TARGET = "test/fixtures/checkpoint/gguf/architectures"
ENTRIES, TOKENS = 64, 40
BASE = {
    "vocab_size": ENTRIES, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
}


def rope(theta, **rest):
    return {"rope_type": "default", "rope_theta": theta, **rest}


def model(family, config=None, attention=None, **options):
    return lambda: getattr(transformers, f"{family}ForCausalLM")(
        getattr(transformers, f"{config or family}Config")(**BASE | options, **({} if attention is None else {"attn_implementation": attention}))
    )


LLAMA3 = {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 0.3, "high_freq_factor": 1.5, "original_max_position_embeddings": 12}
YARN = {"rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 16}
LONG = {"rope_type": "longrope", "short_factor": [1.0, 1.3], "long_factor": [2.0, 9.0], "partial_rotary_factor": 0.5, "original_max_position_embeddings": 256}
LOCAL = {"full_attention": rope(900_000.0, rope_type="linear", factor=4.0), "sliding_attention": rope(10_000.0)}
# Every sixth block sees everything in Gemma 3, every other one in Gemma 2; every fourth one turns nothing in SmolLM3.
MODELS = {
    "llama": model("Llama", head_dim=16, rope_parameters=rope(500.0)),
    "llama-3": model("Llama", rope_parameters=rope(500.0, **LLAMA3), tie_word_embeddings=True),
    "llama-linear": model("Llama", rope_parameters=rope(500.0, rope_type="linear", factor=3.0)),
    "llama-yarn": model("Llama", head_dim=16, rope_parameters=rope(500.0, **YARN)),
    "llama-biased": model("Llama", attention_bias=True, rope_parameters=rope(500.0)),
    "qwen2": model("Qwen2", rope_parameters=rope(500.0)),
    "qwen3": model("Qwen3", head_dim=16, tie_word_embeddings=True, rope_parameters=rope(500.0)),
    "qwen3-yarn": model("Qwen3", head_dim=16, rope_parameters=rope(500.0, **YARN)),
    "gemma2": model(
        "Gemma2", attention="eager", head_dim=16, query_pre_attn_scalar=16, num_hidden_layers=3, sliding_window=6, attn_logit_softcapping=3.0, final_logit_softcapping=8.0,
        rope_parameters=rope(10_000.0),
    ),
    "gemma3": model("Gemma3", "Gemma3Text", head_dim=16, query_pre_attn_scalar=16, num_hidden_layers=7, sliding_window=6, rope_parameters=LOCAL),
    "phi3": model("Phi3", rope_parameters=rope(500.0), sliding_window=6),
    "phi3-long": model("Phi3", rope_parameters=rope(500.0, **LONG), max_position_embeddings=1024, original_max_position_embeddings=256),
    "olmo2": model("Olmo2", rope_parameters=rope(500.0)),
    "smollm3": model("SmolLM3", num_hidden_layers=5, rope_parameters=rope(500.0)),
}
# llama.cpp leaves the window of Phi-3 out.
NOT_IN_LLAMA_CPP = {"phi3"}


def vocabulary(writer):
    """The letters, digits and a few more, which no test needs; llama.cpp does not open a file without a vocabulary."""
    tokens = ["<|endoftext|>", *map(chr, range(ord("a"), ord("z") + 1)), *map(chr, range(ord("A"), ord("Z") + 1)), *"012345678", "Ġ", "ab"]
    assert len(tokens) == ENTRIES, len(tokens)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3, *[1] * (ENTRIES - 1)])
    writer.add_token_merges(["a b"])


def convert(folder, path, kind):
    hparams = ModelBase.load_hparams(pathlib.Path(folder), False)
    base = get_model_class(hparams["architectures"][0])
    cls = type(base.__name__, (base,), {"model_arch": base.model_arch, "set_vocab": lambda self: vocabulary(self.gguf_writer)})
    with torch.inference_mode():
        cls(pathlib.Path(folder), getattr(gguf.LlamaFileType, kind), pathlib.Path(path)).write()


LLAMA = """
import json, sys
import numpy as np
from cyllama.llama import llama_cpp as llama
llama.disable_logging()
llama.llama_backend_init()
class Model(llama.LlamaModel):
    n_vocab = %d
model = Model(sys.argv[1])
parameters = llama.LlamaContextParams()
parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = 48
parameters.n_threads = parameters.n_threads_batch = 1
parameters.type_k = parameters.type_v = 0
parameters.flash_attn_type = 0
context = llama.LlamaContext(model, parameters)
tokens = json.loads(sys.argv[2])
batch = llama.LlamaBatch(n_tokens=len(tokens), embd=0, n_seq_max=1)
for i, token in enumerate(tokens):
    batch.add(token, i, [0], True)
assert context.decode(batch) == 0
print(json.dumps([[float(x) for x in context.get_logits_ith(i)] for i in range(len(tokens))]))
""" % ENTRIES


def difference(path, tokens, logits):
    output = subprocess.run([sys.argv[2], "-c", LLAMA, path, json.dumps(tokens.tolist())], capture_output=True, text=True, check=True)
    found = torch.tensor(json.loads(output.stdout.splitlines()[-1]))
    return f"{((found - logits).norm() / logits.norm()).item():.1e}"


def main():
    torch.set_num_threads(1)
    os.makedirs(TARGET, exist_ok=True)
    for seed, (name, make) in enumerate(MODELS.items(), 400):
        made = make().eval()
        shake(made, seed)
        with torch.no_grad():
            for parameter in made.parameters():
                parameter.copy_(parameter.to(torch.float16))
        tokens = torch.randint(1, ENTRIES, (TOKENS,), generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            logits = made(tokens[None]).logits[0].contiguous()
        path = f"{TARGET}/{name}.gguf"
        with tempfile.TemporaryDirectory() as folder:
            # Values of 16 bits in numbers of 32: Gemma's converter adds 1 to norms, which 16 bits would round.
            made.save_pretrained(folder)
            with open(f"{folder}/tokenizer.json", "w") as file:
                # Gemma 3's converter counts its entries.
                json.dump({"model": {"vocab": {str(i): i for i in range(ENTRIES)}}, "added_tokens": []}, file)
            convert(folder, path, "MOSTLY_F16")
            if name == "phi3":
                convert(folder, f"{TARGET}/{name}-q8_0.gguf", "MOSTLY_Q8_0")
            if len(sys.argv) > 2:
                # With float32 weights llama.cpp does not round what it multiplies with them to 16 bits.
                convert(folder, f"{folder}/exact.gguf", "ALL_F32")
                print(f"{name}: llama.cpp is {difference(f'{folder}/exact.gguf', tokens, logits)} from transformers{' (no window)' if name in NOT_IN_LLAMA_CPP else ''}")
        save_file({"tokens": tokens, "logits": logits}, f"{TARGET}/{name}.safetensors")


if __name__ == "__main__":
    main()
