"""A small IDEFICS in the format of the released ones, with what Hugging Face transformers computes (see published.py)."""
import copy
import os

import torch
import transformers
from transformers.models.idefics.image_processing_idefics import IDEFICS_STANDARD_MEAN, IDEFICS_STANDARD_STD, IdeficsImageProcessor
from transformers.models.idefics.processing_idefics import IdeficsProcessor

from published_common import FIXTURES, IMAGE_SIZE, NEW_TOKENS, answer, folder, part, record_prompts, shake, write_json, write_reference, written_as
from published_tokenizers import ENTRIES, llama

END = 2
FAKE, IMAGE = ENTRIES, ENTRIES + 1
# The places where the processor is given pictures are marked; it sets their tokens itself.
PROMPTS = {
    "none": ("two cats and a dog", []),
    "one": ("<image>An image of", [0]),
    "three": ("so: <image><image> a hat.\n<image>what", [0, 1, 0]),
}
CONTINUATIONS = ["a red</s>", "it is"]


def idefics(name, resampler):
    vision = {"embed_dim": 16, "image_size": IMAGE_SIZE, "intermediate_size": 40, "patch_size": 14, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-3}
    perceiver = {"use_resampler": resampler, "resampler_n_latents": 4, "resampler_depth": 2, "resampler_n_heads": 2, "resampler_head_dim": 12, "qk_layer_norms_perceiver": True}
    config = transformers.IdeficsConfig(
        vocab_size=ENTRIES, additional_vocab_size=2, hidden_size=24, intermediate_size=40, num_hidden_layers=4, num_attention_heads=3, rms_norm_eps=1e-2,
        alpha_initializer="normal", alphas_initializer_range=0.5, alpha_type="vector", cross_layer_interval=2, qk_layer_norms=True, use_resampler=resampler,
        max_position_embeddings=64, tie_word_embeddings=False, vision_config=vision, perceiver_config=perceiver,
    )
    config._attn_implementation = "eager"
    model = transformers.IdeficsForVisionText2Text(config).eval()
    shake(model, 51)
    # As the released ones, in bfloat16; what is compared with is computed in float32 with those rounded weights. Buffers (rotary frequencies) stay exact.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.bfloat16())
    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder(name), max_shard_size="60KB")
    return model


def write(pictures, name="idefics", resampler=True):
    model = idefics(name, resampler)
    processor = IdeficsImageProcessor(image_size=IMAGE_SIZE, image_mean=IDEFICS_STANDARD_MEAN, image_std=IDEFICS_STANDARD_STD)
    pixels = processor(pictures, return_tensors="pt")
    tokenizer = llama(f"{folder(name)}/tokenizer.json", ["<fake_token_around_image>", "<image>"])
    whole = IdeficsProcessor(processor, tokenizer, image_size=IMAGE_SIZE)

    def laid_out(text, shown):
        """What the processor makes of texts and pictures."""
        texts = text.split("<image>")
        pieces = [piece for i, picture in enumerate(shown) for piece in (pictures[picture], texts[i + 1]) if piece != ""]
        # What comes first must be text for it, even if it is none.
        return whole(text=[[texts[0], *pieces]], return_tensors="pt")["input_ids"][0].tolist()

    inner = model.model
    stages = {"embedding": inner.embed_tokens, "norm": inner.norm, "features": inner.vision_model}
    if resampler:
        stages["latents"] = inner.perceiver_resampler
    stages |= {f"block.{i}": block for i, block in enumerate(inner.layers)}
    stages |= {f"fusion.{j}": layer for j, layer in enumerate(inner.gated_cross_attn_layers)}

    def inputs(rows, shown):
        """As the processor makes them: padded on the left, each token sees the last picture at or before it."""
        longest, slots = max(map(len, rows)), max(1, *map(len, shown))
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest, dtype=torch.long)
        images = torch.zeros(len(rows), slots, *pixels.shape[1:])
        sees = torch.zeros(len(rows), longest, slots, dtype=torch.long)
        for row, (tokens, each) in enumerate(zip(rows, shown)):
            start = longest - len(tokens)
            ids[row, start:] = torch.tensor(tokens)
            mask[row, start:] = 1
            for slot, picture in enumerate(each):
                images[row, slot] = pixels[picture]
            last = -1
            for place, token in enumerate(tokens):
                last += token == IMAGE
                if last >= 0:
                    sees[row, start + place, last] = 1
        return {"input_ids": ids, "attention_mask": mask, "pixel_values": images, "image_attention_mask": sees}

    def logits_of(tokens, shown):
        return model(**inputs([tokens], [shown])).logits[0]

    def generate(rows, shown, **options):
        result = model.generate(
            **inputs(rows, shown), max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=END, pad_token_id=0, return_dict_in_generate=True, **options
        )
        return [answer(sequence, max(map(len, rows)), END) for sequence in result.sequences], result

    def batch_logits(rows, shown):
        return model(**inputs(rows, shown)).logits

    of_pictures = {"latents": lambda value: value[:2], "features": lambda value: value[:2]}
    prompts = {prompt: (laid_out(text, shown), shown) for prompt, (text, shown) in PROMPTS.items()}
    continuations = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in CONTINUATIONS]
    tensors, answers = record_prompts(prompts, continuations, stages, of_pictures, logits_of, batch_logits, generate, IMAGE)
    description = {"source": f"transformers {transformers.__version__}, torch {torch.__version__}", "image": IMAGE, "end": END, "choices": CONTINUATIONS, **written_as(answers, {prompt: text for prompt, (text, _) in PROMPTS.items()})}
    write_reference(name, description, {"pixels": pixels, **tensors})
    shards = sorted(file for file in os.listdir(folder(name)) if file.startswith("model-"))
    index = "model.safetensors.index.json"
    source = "random weights, tools/reference/published.py"
    description = {
        "format": 1, "name": name,
        "published": {"kind": "idefics"},
        "tokenizer": "tokenizer.json",
        "addedTokens": ["<fake_token_around_image>", "<image>"],
        "markers": {"image": "<image>", "endOfChunk": "</s>", "start": "<s>", "aroundImage": "<fake_token_around_image>"},
        "prompt": {"trim": True, "exampleEnd": "\n"},
        "parts": {"model": part(name, index, ["config.json", "tokenizer.json", index, *shards], source, config="config.json")},
    }
    write_json(f"{FIXTURES}/{name}/flamingo.json", description)
