"""Small language models of the families that transformers has, in the files that it writes, with its logits and greedy continuations (see published.py)."""
import copy
import json

import torch
import transformers
from safetensors.torch import save_file

from published_common import check_gaps, folder, shake

ENTRIES, WIDTH, BLOCKS, POSITIONS = 48, 24, 2, 32
ROWS = [[5, 41, 33, 8, 20, 17, 2], [40, 12, 44, 3, 30, 29]]
NEW_TOKENS = 6
SHARED = {"vocab_size": ENTRIES, "bos_token_id": 0, "eos_token_id": 0}
LLAMA = SHARED | {
    "hidden_size": WIDTH, "num_hidden_layers": BLOCKS, "intermediate_size": 32, "max_position_embeddings": POSITIONS, "rms_norm_eps": 1e-5,
}


def llama(**options):
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**LLAMA, **options))


def mistral():
    """Attention reaches 13 tokens back, which is as long as the longer row with its continuation: within that the window does nothing."""
    return transformers.MistralForCausalLM(transformers.MistralConfig(**LLAMA, num_attention_heads=4, num_key_value_heads=2, sliding_window=13))


def opt():
    return transformers.OPTForCausalLM(transformers.OPTConfig(
        **SHARED, pad_token_id=1, hidden_size=WIDTH, word_embed_proj_dim=WIDTH, num_hidden_layers=BLOCKS, ffn_dim=40, num_attention_heads=3, max_position_embeddings=POSITIONS,
    ))


def gpt2():
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**SHARED, n_embd=WIDTH, n_layer=BLOCKS, n_head=4, n_positions=POSITIONS))


def pythia():
    return transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(
        **SHARED, hidden_size=WIDTH, num_hidden_layers=BLOCKS, num_attention_heads=3, intermediate_size=40, rotary_pct=0.25, max_position_embeddings=POSITIONS,
    ))


MODELS = {
    # Grouped queries, a head of its own: TinyLlama, Llama 2 and 3.
    "llama": (lambda: llama(num_attention_heads=4, num_key_value_heads=2, rope_theta=500.0), torch.float16),
    # The embedding is the head: SmolLM2. Heads wider than their share.
    "llama-tied": (lambda: llama(num_attention_heads=3, num_key_value_heads=1, head_dim=12, rope_theta=100000.0, tie_word_embeddings=True), torch.bfloat16),
    "mistral": (mistral, torch.float16),
    "opt": (opt, torch.float16),
    # As the hub has it: saved without its head, whose name is the first of every other name.
    "gpt2-base": (gpt2, torch.float32),
    "pythia": (pythia, torch.float16),
}


def write(models=MODELS, first_seed=60):
    for seed, (name, (make, dtype)) in enumerate(models.items(), first_seed):
        while True:
            try:
                write_one(name, make, dtype, seed)
                break
            except SystemExit:
                # Two tokens were nearly equally likely.
                seed += 1000


def write_one(name, make, dtype, seed):
    model = make().eval()
    shake(model, seed)
    # The reference computes in float32 with the values that the file has; its tables of angles are no parameters and keep their precision.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.to(dtype))
    path = folder(f"language-{name}")
    stored = copy.deepcopy(model).to(dtype)
    (stored.base_model if name.endswith("base") else stored).save_pretrained(path)
    logits, greedy = {}, []
    with torch.no_grad():
        for i, row in enumerate(ROWS):
            tokens = list(row)
            for _ in range(NEW_TOKENS):
                last = model(torch.tensor([tokens])).logits[0]
                check_gaps(last[-1])
                tokens.append(last[-1].argmax().item())
            logits[f"row.{i}"] = model(torch.tensor([tokens])).logits[0].contiguous()
            greedy.append(tokens[len(row) :])
    save_file(logits, f"{path}/reference.safetensors")
    with open(f"{path}/reference.json", "w") as file:
        json.dump({"source": f"transformers {transformers.__version__}, torch {torch.__version__}", "rows": ROWS, "greedy": greedy}, file)
        file.write("\n")
