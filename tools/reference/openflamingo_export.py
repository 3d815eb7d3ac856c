"""Writes test/fixtures/published/openflamingo-export.json: what the package `open-flamingo` computes with the checkpoints that `flamingo convert --to openflamingo` makes of small models of ours.

The models are those of test/parity/openflamingo-export-models.ts. OpenFlamingo's model is built from the same sizes, filled with NaN, and loads the file as its README says: what a file lacks would be seen.

Run from the repository root, after `npm ci`: python tools/reference/openflamingo_export.py
with what published.py needs.
"""
import functools
import hashlib
import json
import subprocess
import tempfile

import open_clip
import torch
import transformers
from safetensors.torch import load_file

from openflamingo_package import NormalisedQueriesAndKeys, package
from published_common import FIXTURES

END, IMAGE, PAD = 20, 21, 22
# As published: more rows than the tokenizer has entries, which `resize_token_embeddings` cuts off.
ROWS = 24


def clip(vision):
    """`final_ln_after_pool` gives patch tokens before `ln_post`, as every open_clip did before 2.23, with which the released models were trained."""
    tower = {"image_size": vision["imageSize"], "patch_size": vision["patchSize"], "width": vision["width"], "layers": vision["layers"], "final_ln_after_pool": True}
    tower["head_width"] = vision["width"] // vision["heads"]
    text = {"context_length": 8, "vocab_size": 10, "width": 8, "heads": 2, "layers": 1}
    model = open_clip.CLIP(embed_dim=8, vision_cfg=tower, text_cfg=text, quick_gelu=True).eval()
    model.visual.output_tokens = True
    return model


def language(family, ours):
    """@returns the model, where its blocks are, and whether OpenFlamingo adds a token for padding to its tokenizer"""
    common = {"vocab_size": ROWS, "tie_word_embeddings": ours.get("tiedEmbeddings", True)}
    width, blocks, heads, positions = ours["width"], ours["blocks"], ours["heads"], ours["maxTokens"]
    sizes = {"hidden_size": width, "num_hidden_layers": blocks, "num_attention_heads": heads, "max_position_embeddings": positions}
    if family == "neox":
        config = transformers.GPTNeoXConfig(**common, **sizes, intermediate_size=ours["hidden"], rotary_pct=ours["positions"]["share"], layer_norm_eps=ours["normEpsilon"])
        return transformers.GPTNeoXForCausalLM(config), "gpt_neox.layers", True
    if family == "llama":
        config = transformers.LlamaConfig(**common, **sizes, intermediate_size=ours["hidden"], num_key_value_heads=ours["keyHeads"], rms_norm_eps=1e-5)
        return transformers.LlamaForCausalLM(config), "model.layers", True
    if family == "opt":
        config = transformers.OPTConfig(**common, **sizes, ffn_dim=ours["hidden"], word_embed_proj_dim=width)
        return transformers.OPTForCausalLM(config), "model.decoder.layers", False
    if family == "gpt2":
        config = transformers.GPT2Config(**common, n_embd=width, n_layer=blocks, n_head=heads, n_positions=positions)
        return transformers.GPT2LMHeadModel(config), "transformer.h", True
    config = transformers.MptConfig(vocab_size=ROWS, d_model=width, n_layers=blocks, n_heads=heads, max_seq_len=positions, no_bias=True)
    model = transformers.MptForCausalLM(config)
    if family == "mosaic":
        for block in model.transformer.blocks:
            block.attn.Wqkv = NormalisedQueriesAndKeys(width)
    return model, "transformer.blocks", True


def as_mpt(state):
    """MosaicGPT's code is not to be had; its names are those of mpt-1b-redpajama-200b, its arithmetic that of MPT with norms of queries and keys."""
    renamed = {"attn.q_ln": "attn.Wqkv.q_ln", "attn.k_ln": "attn.Wqkv.k_ln", "ln_1": "norm_1", "ln_2": "norm_2", "ln_f": "norm_f", "mlp.mlp_up": "ffn.up_proj", "mlp.mlp_down": "ffn.down_proj"}

    def name_of(name):
        if name.startswith("lang_encoder."):
            for old, new in renamed.items():
                name = name.replace(f".{old}.", f".{new}.")
        return name

    return {name_of(name): value for name, value in state.items()}


def built(family, asked):
    flamingo, flamingo_lm, utils, resampler, block = package()
    flamingo.PerceiverResampler = functools.partial(resampler, depth=2, dim_head=8, heads=2, num_latents=4)
    flamingo_lm.GatedCrossAttentionBlock = functools.partial(block, dim_head=4, heads=3)
    model, layers, padding = language(family, asked["languages"][family])
    utils.extend_instance(model, flamingo_lm.FlamingoLMMixin)
    model.set_decoder_layers_attr_name(layers)
    model.resize_token_embeddings(PAD + 1 if padding else PAD)
    every = 2 if family == "neox" else 1
    whole = flamingo.Flamingo(clip(asked["vision"]), model, END, IMAGE, vis_dim=asked["vision"]["width"], cross_attn_every_n_layers=every).eval()
    with torch.no_grad():
        for parameter in whole.parameters():
            parameter.fill_(float("nan"))
    return whole


def loaded(model, path, family):
    state = torch.load(path) if path.endswith(".pt") else load_file(path)
    result = model.load_state_dict(as_mpt(state) if family == "mosaic" else state, strict=False)
    assert result.unexpected_keys == [], result.unexpected_keys
    left = {name for name, parameter in model.named_parameters() if parameter.isnan().any()}
    assert left == {"vision_encoder.proj", "vision_encoder.ln_post.weight", "vision_encoder.ln_post.bias"}, left
    return model


def main():
    torch.set_num_threads(1)
    written = {"source": f"open-flamingo 2.0.1, open_clip {open_clip.__version__}, transformers {transformers.__version__}, torch {torch.__version__}", "models": {}}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node_modules/.bin/node", "--conditions=flamingo-source", "test/parity/openflamingo-export-models.ts", folder], check=True)
        with open(f"{folder}/asked.json") as file:
            asked = json.load(file)
        pixels = torch.tensor(asked["pixels"]).reshape(1, 2, 1, 3, 28, 28)
        tokens = torch.tensor([asked["tokens"]])
        for family in asked["languages"]:
            files = {kind: f"{folder}/{family}.{kind}" for kind in ["pt", "safetensors"]}
            with torch.no_grad():
                logits, again = (loaded(built(family, asked), path, family)(pixels, tokens, torch.ones_like(tokens)).logits[0] for path in files.values())
            assert torch.equal(logits, again) and logits.isfinite().all()
            hashes = {kind: hashlib.sha256(open(path, "rb").read()).hexdigest() for kind, path in files.items()}
            written["models"][family] = {"sha256": hashes, "logits": [[round(value, 6) for value in row] for row in logits.tolist()]}
    with open(f"{FIXTURES}/openflamingo-export.json", "w") as file:
        json.dump(written, file)
        file.write("\n")


if __name__ == "__main__":
    main()
