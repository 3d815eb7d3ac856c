"""Small OpenFlamingos in the format of the released ones, with what the package `open-flamingo` itself computes (see published.py).

Its classes are used as they are; only two things are given from outside: sizes (`functools.partial` of the resampler and of the fusion block, whose constructors
take them but whose callers do not), and no gradient checkpointing. `create_model_and_transforms` is not called, since in 2.0.1 it is a syntax error (a keyword
argument is repeated), for which `open_flamingo/__init__.py` is left out of the import: its steps are done here.
"""
import functools
import os

import open_clip
import torch
import transformers
from safetensors.torch import save_file

from openflamingo_package import NormalisedQueriesAndKeys, package
from published_common import FIXTURES, IMAGE_SIZE, NEW_TOKENS, answer, folder, part, record_prompts, shake, write_json, write_reference, written_as
from published_tokenizers import ENTRIES, openflamingo

LATENTS, RESAMPLER_LAYERS = 4, 2
VISION_WIDTH = 16
# The language model's table has more rows than the tokenizer has entries, as the released ones have, which are cut off.
ROWS = ENTRIES + 8
END, IMAGE, PAD = ENTRIES, ENTRIES + 1, ENTRIES + 2
PROMPTS = {
    "none": ("two cats and a dog", []),
    "one": ("<image>An image of", [0]),
    "three": ("so:  <image><image>a hat.<|endofchunk|><image>what", [0, 1, 0]),
}
CONTINUATIONS = ["a red<|endofchunk|>", "it is"]


def classes(heads, head_dim):
    """The package's classes, the new layers of another size."""
    flamingo, flamingo_lm, utils, resampler, block = package()
    flamingo.PerceiverResampler = functools.partial(resampler, depth=RESAMPLER_LAYERS, dim_head=head_dim, heads=heads, num_latents=LATENTS)
    flamingo_lm.GatedCrossAttentionBlock = functools.partial(block, dim_head=head_dim, heads=heads)
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


def transformers_clip(clip):
    """The same weights as transformers' CLIPModel keeps them, text tower and all, which is how openai/clip-vit-large-patch14 is published."""
    vision = {"hidden_size": VISION_WIDTH, "intermediate_size": 4 * VISION_WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": IMAGE_SIZE, "patch_size": 14}
    text = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 10, "max_position_embeddings": 8}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)
    model = transformers.CLIPModel(config).eval()
    names = {"conv1": "embeddings.patch_embedding", "class_embedding": "embeddings.class_embedding", "positional_embedding": "embeddings.position_embedding.weight",
             "ln_pre": "pre_layrnorm", "ln_post": "post_layernorm", "transformer.resblocks": "encoder.layers", "attn.out_proj": "self_attn.out_proj",
             "ln_1": "layer_norm1", "ln_2": "layer_norm2", "c_fc": "fc1", "c_proj": "fc2"}
    state = model.vision_model.state_dict()
    for name, tensor in clip.visual.state_dict().items():
        if name == "proj":
            continue
        for old, new in names.items():
            name = name.replace(old, new)
        joined = name.replace("attn.in_proj_", "self_attn.{}_proj.")
        pieces = zip([joined.format(each) for each in "qkv"], tensor.chunk(3)) if "in_proj" in name else [(name, tensor)]
        for target, value in pieces:
            assert state[target].shape == value.shape, target
            state[target] = value
    model.vision_model.load_state_dict(state)
    model.save_pretrained(folder("clip"))
    return model.vision_model


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


def llama():
    """Its head is tied to nothing and not called `embed`, so that no checkpoint holds it; the tokens that are added have no row in the published one."""
    config = transformers.LlamaConfig(
        vocab_size=ENTRIES, hidden_size=24, num_hidden_layers=4, num_attention_heads=3, intermediate_size=40, rms_norm_eps=1e-3, max_position_embeddings=64, tie_word_embeddings=False,
    )
    config._attn_implementation = "eager"
    model = transformers.LlamaForCausalLM(config).eval()
    shake(model, 5)
    model.save_pretrained(folder("llama-untied"))
    return model, "model.layers", "model.embed_tokens", "model.norm"


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


def flamingo(clip, language, layers, every, seed, heads):
    """The steps of `create_model_and_transforms` after the parts are there."""
    Flamingo, FlamingoLMMixin, extend_instance = classes(*heads)
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
        head = language.get_output_embeddings()
        if isinstance(language, transformers.LlamaForCausalLM):
            # Drawn anew whenever the package loads such a model, and in no file: what it draws is 0 on average.
            head.weight[ENTRIES:] = 0
    return model


def released_state(model):
    """What the training code writes: trained parameters, what has `embed` in its name, buffers; each fusion layer on the path of its block only."""
    state = model.state_dict()
    for name, parameter in model.named_parameters():
        if "embed" not in name and not parameter.requires_grad:
            state.pop(name, None)
    aliases = ["lang_encoder.old_decoder_blocks", "lang_encoder.gated_cross_attn_layers", "vision_encoder"]
    return {name: value.clone() for name, value in state.items() if not any(alias in name for alias in aliases)}


def reference(name, model, tokenizer, pixels, layers, embedding, norm, head_dim, extra=None):
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

    def refuse_new_images(_module, _arguments, given):
        """After a generated image token, in a hypothesis that is dropped later too, the package lets no hypothesis see any picture: there is no right answer to compare with."""
        if given["input_ids"].shape[1] == 1 and (given["input_ids"] == IMAGE).any():
            raise SystemExit(f"{name}: a hypothesis holds the image's token; choose another seed")

    model.lang_encoder.register_forward_pre_hook(refuse_new_images, with_kwargs=True)

    def generate(rows, shown, **options):
        tokens, mask = padded(rows)
        result = model.generate(images(shown), tokens, mask, max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=PAD, return_dict_in_generate=True, **options)
        return [answer(sequence, tokens.shape[1], END) for sequence in result.sequences], result

    prompts = {prompt: (tokenizer(text)["input_ids"], shown) for prompt, (text, shown) in PROMPTS.items()}
    continuations = [tokenizer(text)["input_ids"] for text in CONTINUATIONS]
    tensors, answers = record_prompts(prompts, continuations, stages, {"latents": lambda value: value[0, :2]}, logits_of, batch_logits, generate, IMAGE)
    description = {
        "source": f"open-flamingo 2.0.1, open_clip {open_clip.__version__}, transformers {transformers.__version__}, torch {torch.__version__}",
        "image": IMAGE, "end": END, "headDim": head_dim, "choices": CONTINUATIONS, **written_as(answers, {prompt: text for prompt, (text, _) in PROMPTS.items()}),
    }
    write_reference(name, description, tensors)


def describe(name, language, head_dim, vision):
    """Makes the folder a model that can be loaded: links to the frozen parts, and what is where."""
    for link, target in {"language": language, "vision": "clip"}.items():
        os.symlink(f"../{target}", f"{FIXTURES}/{name}/{link}")
    weights, config = ("vision/model.safetensors", {"config": "vision/config.json"}) if vision is None else ("vision/open_clip_pytorch_model.pt", {})
    source = "random weights, tools/reference/published.py"
    description = {
        "format": 1, "name": name,
        "published": {"kind": "openflamingo", "headDim": head_dim} | ({} if vision is None else {"vision": vision}),
        "tokenizer": "language/tokenizer.json",
        "addedTokens": ["<|endofchunk|>", "<image>", "<PAD>"],
        "markers": {"image": "<image>", "endOfChunk": "<|endofchunk|>"},
        "parts": {
            "checkpoint": part(name, "checkpoint.pt", ["checkpoint.pt"], source),
            "language": part(name, "language/model.safetensors", ["language/config.json", "language/model.safetensors", "language/tokenizer.json"], source, config="language/config.json"),
            "vision": part(name, weights, [*config.values(), weights], source, **config),
        },
    }
    write_json(f"{FIXTURES}/{name}/flamingo.json", description)


def write(pictures, only=None):
    clip = vision_tower()
    transform = open_clip.image_transform(IMAGE_SIZE, is_train=False, mean=open_clip.OPENAI_DATASET_MEAN, std=open_clip.OPENAI_DATASET_STD)
    pixels = [transform(picture) for picture in pictures]
    with torch.no_grad():
        features = clip.visual(torch.stack(pixels))[1]
        again = transformers_clip(clip)(torch.stack(pixels)).last_hidden_state[:, 1:]
    assert torch.allclose(features, again, atol=1e-4), (features - again).abs().max()
    write_reference("clip", {"source": f"open_clip {open_clip.__version__}"}, {"pixels": torch.stack(pixels), "features": features})
    tower = {"kind": "clip-vit", "imageSize": IMAGE_SIZE, "patchSize": 14, "width": VISION_WIDTH, "layers": 2, "heads": 2}
    # The last one's heads have the released size, so that nothing needs to be said about them.
    for name, language, make, every, seed, heads, vision in [
        ("openflamingo-neox", "neox", gpt_neox, 1, 24, (2, 8), None),
        ("openflamingo-neox-every-2", "neox", gpt_neox, 2, 33, (2, 8), tower),
        ("openflamingo-mpt", "mpt", lambda: mpt(mosaic=False), 1, 31, (2, 8), None),
        ("openflamingo-mosaic-gpt", "mosaic-gpt", lambda: mpt(mosaic=True), 2, 41, (1, 64), None),
        ("openflamingo-llama", "llama-untied", llama, 2, 44, (2, 8), None),
    ]:
        if only not in (None, name):
            continue
        model, layers, embedding, norm = make()
        tokenizer = openflamingo(f"{folder(language)}/tokenizer.json")
        joined = flamingo(clip, model, layers, every, seed, heads)
        # The released 4B file has the causal masks that transformers kept as buffers at that time.
        masks = {f"lang_encoder.{layers}.{i}.decoder_layer.attention.bias": torch.ones(1, 1, 8, 8).tril().bool() for i in range(4)} if every == 2 and make is gpt_neox else None
        reference(name, joined, tokenizer, pixels, layers, embedding, norm, heads[1], masks)
        describe(name, language, heads[1], vision)
