"""Small OpenFlamingos in the format of the released ones, with what the package `open-flamingo` itself computes (see published.py).

Its classes are used as they are; only two things are given from outside: sizes (`functools.partial` of the resampler and of the fusion block, whose constructors
take them but whose callers do not), and no gradient checkpointing. `create_model_and_transforms` is not called, since in 2.0.1 it is a syntax error (a keyword
argument is repeated), for which `open_flamingo/__init__.py` is left out of the import: its steps are done here.
"""
import functools
import importlib.util
import sys
import types

import open_clip
import torch
import transformers
from safetensors.torch import save_file

from published_common import IMAGE_SIZE, NEW_TOKENS, answer, folder, record_prompts, shake, write_json, write_reference

HEADS, HEAD_DIM, LATENTS, RESAMPLER_LAYERS = 2, 8, 4, 2
VISION_WIDTH = 16
# The tokenizer's entries; the language model's table has more rows, as the released ones have, which are cut off.
ENTRIES, ROWS = 90, 96
END, IMAGE, PAD = ENTRIES, ENTRIES + 1, ENTRIES + 2
PROMPTS = {
    "none": ([5, 71, 33, 8, 60, 17, 2], []),
    "one": ([IMAGE, 12, 44, 3, 80, 29], [0]),
    "three": ([7, 55, IMAGE, IMAGE, 20, 61, 9, END, IMAGE, 31, 4], [0, 1, 0]),
}
CONTINUATIONS = [[14, 50, END], [66, 27]]


@functools.cache
def package():
    """`open_flamingo.src` without the package's own `__init__`."""
    location = importlib.util.find_spec("open_flamingo").submodule_search_locations[0]
    for name, path in {"open_flamingo": location, "open_flamingo.src": f"{location}/src"}.items():
        module = types.ModuleType(name)
        module.__path__ = [path]
        sys.modules[name] = module
    from open_flamingo.src import flamingo, flamingo_lm, utils

    flamingo.PerceiverResampler = functools.partial(
        flamingo.PerceiverResampler, depth=RESAMPLER_LAYERS, dim_head=HEAD_DIM, heads=HEADS, num_latents=LATENTS
    )
    flamingo_lm.GatedCrossAttentionBlock = functools.partial(flamingo_lm.GatedCrossAttentionBlock, dim_head=HEAD_DIM, heads=HEADS)
    return flamingo.Flamingo, flamingo_lm.FlamingoLMMixin, utils.extend_instance


def vision_tower():
    """`final_ln_after_pool` gives patch tokens before `ln_post`, as every open_clip did before 2.23, with which the released models were trained."""
    vision = {"image_size": IMAGE_SIZE, "patch_size": 14, "width": VISION_WIDTH, "layers": 2, "head_width": 8, "final_ln_after_pool": True}
    text = {"context_length": 8, "vocab_size": 10, "width": 8, "heads": 2, "layers": 1}
    clip = open_clip.CLIP(embed_dim=8, vision_cfg=vision, text_cfg=text, quick_gelu=True).eval()
    shake(clip, 3)
    clip.visual.output_tokens = True
    torch.save(clip.state_dict(), f"{folder('clip')}/open_clip_pytorch_model.pt")
    return clip


class NormalisedQueriesAndKeys(torch.nn.Linear):
    """MPT's joined layer, with MosaicGPT's layer norms of all queries and all keys (`attn_qk_ln`), which transformers' MPT leaves out."""

    def __init__(self, width):
        super().__init__(width, 3 * width, bias=False)
        self.q_ln = torch.nn.LayerNorm(width, bias=False)
        self.k_ln = torch.nn.LayerNorm(width, bias=False)

    def forward(self, x):
        query, key, value = super().forward(x).chunk(3, dim=-1)
        return torch.cat([self.q_ln(query), self.k_ln(key), value], dim=-1)


def gpt_neox():
    config = transformers.GPTNeoXConfig(
        vocab_size=ROWS, hidden_size=24, num_hidden_layers=4, num_attention_heads=3, intermediate_size=64, hidden_act="gelu", rotary_pct=1.0,
        use_parallel_residual=False, layer_norm_eps=1e-3, max_position_embeddings=64, tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
    )
    config._attn_implementation = "eager"
    model = transformers.GPTNeoXForCausalLM(config).eval()
    shake(model, 4)
    model.save_pretrained(folder("neox"))
    return model, "gpt_neox.layers", "gpt_neox.embed_in", "gpt_neox.final_layer_norm"


def mpt(mosaic):
    attention = {"alibi": True, "alibi_bias_max": 8, "attn_impl": "torch", "qk_ln": False}
    config = transformers.MptConfig(d_model=16, n_heads=2, n_layers=2, max_seq_len=64, vocab_size=ROWS, no_bias=True, attn_config=attention)
    model = transformers.MptForCausalLM(config).eval()
    if mosaic:
        for block in model.transformer.blocks:
            block.attn.Wqkv = NormalisedQueriesAndKeys(16)
    shake(model, 6)
    if mosaic:
        save_as_mosaic_gpt(model, config)
    else:
        model.save_pretrained(folder("mpt"))
    return model, "transformer.blocks", "transformer.wte", "transformer.norm_f"


def save_as_mosaic_gpt(model, config):
    """Names and config of mpt-1b-redpajama-200b, which came before MPT."""
    renamed = {"Wqkv.q_ln": "q_ln", "Wqkv.k_ln": "k_ln", "norm_1": "ln_1", "norm_2": "ln_2", "norm_f": "ln_f", "ffn.up_proj": "mlp.mlp_up", "ffn.down_proj": "mlp.mlp_down"}
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        for old, new in renamed.items():
            name = name.replace(old, new)
        tensors[name] = tensor.clone()
    save_file(tensors, f"{folder('mosaic-gpt')}/model.safetensors")
    published = {
        "architectures": ["MosaicGPT"], "model_type": "mosaic_gpt", "alibi": True, "alibi_bias_max": 8, "attn_clip_qkv": None, "attn_impl": "torch", "attn_pdrop": 0,
        "attn_qk_ln": True, "attn_uses_sequence_id": False, "d_model": config.d_model, "emb_pdrop": 0, "embedding_fraction": 1.0, "logit_scale": None,
        "low_precision_layernorm": True, "max_seq_len": config.max_seq_len, "mlp_ratio": 4, "n_heads": config.n_heads, "n_layers": config.n_layers, "no_bias": True,
        "prefix_lm": False, "resid_pdrop": 0, "softmax_scale": None, "vocab_size": ROWS,
    }
    write_json(f"{folder('mosaic-gpt')}/config.json", published)


def flamingo(clip, language, layers, every, seed):
    """The steps of `create_model_and_transforms` after the parts are there."""
    Flamingo, FlamingoLMMixin, extend_instance = package()
    extend_instance(language, FlamingoLMMixin)
    language.set_decoder_layers_attr_name(layers)
    language.resize_token_embeddings(ENTRIES + 3)
    model = Flamingo(clip, language, END, IMAGE, vis_dim=VISION_WIDTH, cross_attn_every_n_layers=every).eval()
    model.requires_grad_(False)
    model.perceiver.requires_grad_(True)
    model.lang_encoder.gated_cross_attn_layers.requires_grad_(True)
    model.lang_encoder.get_input_embeddings().requires_grad_(True)
    shake(model.perceiver, seed)
    shake(model.lang_encoder.gated_cross_attn_layers, seed + 1)
    with torch.no_grad():
        # Rows that training would have moved.
        model.lang_encoder.get_input_embeddings().weight[ENTRIES:].normal_(generator=torch.Generator().manual_seed(seed))
    return model


def released_state(model):
    """What the training code writes: trained parameters, what has `embed` in its name, buffers; each fusion layer on the path of its block only."""
    state = model.state_dict()
    for name, parameter in model.named_parameters():
        if "embed" not in name and not parameter.requires_grad:
            state.pop(name, None)
    aliases = ["lang_encoder.old_decoder_blocks", "lang_encoder.gated_cross_attn_layers", "vision_encoder"]
    return {name: value.clone() for name, value in state.items() if not any(alias in name for alias in aliases)}


def reference(name, model, pixels, layers, embedding, norm, extra=None):
    state = released_state(model) | (extra or {})
    torch.save(state, f"{folder(name)}/checkpoint.pt")
    blocks = model.lang_encoder.get_submodule(layers)
    stages = {"embedding": model.lang_encoder.get_submodule(embedding), "norm": model.lang_encoder.get_submodule(norm), "latents": model.perceiver}
    stages |= {f"block.{i}": block for i, block in enumerate(blocks)}
    fused = [block.gated_cross_attn_layer for block in blocks if block.gated_cross_attn_layer is not None]
    stages |= {f"fusion.{j}": layer for j, layer in enumerate(fused)}

    def vision(shown, count):
        slots = [pixels[i] for i in shown] + [torch.zeros_like(pixels[0])] * (count - len(shown))
        return torch.stack(slots)[:, None]

    def padded(rows):
        """On the left. @returns tokens and mask"""
        longest = max(map(len, rows))
        return torch.tensor([[PAD] * (longest - len(row)) + row for row in rows]), torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])

    def images(shown):
        return torch.stack([vision(each, max(1, *map(len, shown))) for each in shown])

    def batch_logits(rows, shown):
        return model(images(shown), *padded(rows)).logits

    def logits_of(tokens, shown):
        return model(vision(shown, max(1, len(shown)))[None], *padded([tokens])).logits[0]

    def generate(rows, shown, **options):
        tokens, mask = padded(rows)
        result = model.generate(images(shown), tokens, mask, max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=PAD, return_dict_in_generate=True, **options)
        return [answer(sequence, tokens.shape[1], END) for sequence in result.sequences], result

    tensors, answers = record_prompts(PROMPTS, CONTINUATIONS, stages, {"latents": lambda value: value[0, :2]}, logits_of, batch_logits, generate)
    description = {
        "source": f"open-flamingo 2.0.1, open_clip {open_clip.__version__}, transformers {transformers.__version__}, torch {torch.__version__}",
        "image": IMAGE, "end": END, "headDim": HEAD_DIM, **answers,
    }
    write_reference(name, description, tensors)


def write(pictures):
    clip = vision_tower()
    transform = open_clip.image_transform(IMAGE_SIZE, is_train=False, mean=open_clip.OPENAI_DATASET_MEAN, std=open_clip.OPENAI_DATASET_STD)
    pixels = [transform(picture) for picture in pictures]
    with torch.no_grad():
        features = clip.visual(torch.stack(pixels))[1]
    write_reference("clip", {"source": f"open_clip {open_clip.__version__}"}, {"pixels": torch.stack(pixels), "features": features})
    for name, make, every, seed in [
        ("openflamingo-neox", gpt_neox, 1, 11),
        ("openflamingo-neox-every-2", gpt_neox, 2, 21),
        ("openflamingo-mpt", lambda: mpt(mosaic=False), 1, 31),
        ("openflamingo-mosaic-gpt", lambda: mpt(mosaic=True), 2, 41),
    ]:
        language, layers, embedding, norm = make()
        model = flamingo(clip, language, layers, every, seed)
        # The released 4B file has the causal masks that transformers kept as buffers at that time.
        masks = {f"lang_encoder.{layers}.{i}.decoder_layer.attention.bias": torch.ones(1, 1, 8, 8).tril().bool() for i in range(4)} if every == 2 and make is gpt_neox else None
        reference(name, model, pixels, layers, embedding, norm, masks)
