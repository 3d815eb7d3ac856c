"""OpenFlamingo's own code at the shape of one of its releases, with random weights, as a process that does what it is told and says how long it took.

    python reference.py --size openflamingo-3b --dtype bfloat16 --compile

Reads one JSON object a line, {"case": NAME, ...}, and answers with one, {"seconds": …}; the first line that it writes says that the model is there. `open-flamingo`
2.0.1 is used as it is, apart from its `__init__`, whose import of `factory.py` is a syntax error, and MPT comes from transformers, with MosaicGPT's norms of queries and keys.
"""
import argparse
import json
import os
import sys
import time

import open_clip
import torch
import transformers

sys.path.append(f"{os.path.dirname(__file__)}/../../tools/reference")
from openflamingo_package import NormalisedQueriesAndKeys, package

SIZES = {
    "openflamingo-3b": {"clip": "ViT-L-14", "width": 2048, "heads": 16, "blocks": 24, "vocabulary": 50280, "every": 1},
    # To see whether everything runs, in seconds.
    "small": {"clip": "ViT-B-32", "width": 128, "heads": 2, "blocks": 2, "vocabulary": 512, "every": 1},
}


def build(size, dtype):
    shape = SIZES[size]
    flamingo, flamingo_lm, utils, *_ = package()
    # Made in the type that is wanted: float32 first would need the memory of both.
    torch.set_default_dtype(dtype)
    clip = open_clip.create_model(shape["clip"], precision="fp32", force_quick_gelu=True, output_dict=False)
    clip = clip.to(dtype)
    clip.transformer = clip.token_embedding = None  # its text tower takes no part
    clip.visual.output_tokens = True
    attention = {"alibi": True, "alibi_bias_max": 8, "attn_impl": "torch", "qk_ln": False}
    with transformers.modeling_utils.no_init_weights():
        language = transformers.MptForCausalLM(
            transformers.MptConfig(
                d_model=shape["width"], n_heads=shape["heads"], n_layers=shape["blocks"], max_seq_len=2048, vocab_size=shape["vocabulary"], no_bias=True, use_cache=True, attn_config=attention
            )
        )
        for block in language.transformer.blocks:
            block.attn.Wqkv = NormalisedQueriesAndKeys(shape["width"])
    utils.extend_instance(language, flamingo_lm.FlamingoLMMixin)
    language.set_decoder_layers_attr_name("transformer.blocks")
    language.resize_token_embeddings(shape["vocabulary"] + 3, mean_resizing=False)
    end, image, pad = (shape["vocabulary"] + i for i in range(3))
    vision_width = clip.visual.transformer.width
    model = flamingo.Flamingo(clip, language, end, image, vis_dim=vision_width, cross_attn_every_n_layers=shape["every"]).eval().requires_grad_(False)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "attn_gate" in name or "ff_gate" in name:
                parameter.fill_(0.5)
            elif parameter.ndim >= 2:
                parameter.uniform_(-1, 1).mul_((3 / parameter[0].numel()) ** 0.5)
            elif "weight" in name:
                parameter.fill_(1)
            else:
                parameter.zero_()
    torch.set_default_dtype(torch.float32)
    return model, {"end": end, "image": image, "pad": pad}


class TokenTimes(transformers.LogitsProcessor):
    """When the scores of each token were there."""

    def __init__(self):
        self.times = []

    def __call__(self, input_ids, scores):
        self.times.append(time.perf_counter())
        return scores


class Cases:
    def __init__(self, model, special, dtype):
        self.model, self.special, self.dtype = model, special, dtype
        self.size = model.vision_encoder.image_size[0]

    def pictures(self, count):
        return torch.rand(count, 3, self.size, self.size, generator=torch.Generator().manual_seed(1)).to(self.dtype)

    def tokens(self, chunks, chunk_tokens):
        """Each chunk: the image's token, words, and the end of chunk, which the last one lacks."""
        rows = [[self.special["image"], *[7 + (13 * c + 5 * i) % 400 for i in range(chunk_tokens - 2)], self.special["end"]] for c in range(chunks)]
        return torch.tensor([sum(rows, [])[:-1]])

    def encode(self, pictures):
        pixels = self.pictures(pictures)
        return self.timed(lambda: self.model.vision_encoder(pixels))

    def prefill(self, chunks, chunk_tokens):
        """The language model alone reads; the pictures are encoded before."""
        tokens = self.tokens(chunks, chunk_tokens)
        self.model._encode_vision_x(self.pictures(chunks)[None, :, None])
        self.model._condition_media_locations(input_ids=tokens)
        seconds = self.timed(lambda: self.model.lang_encoder(input_ids=tokens, attention_mask=torch.ones_like(tokens), use_cache=True))
        self.model.lang_encoder.clear_conditioned_layers()
        return seconds

    def answer(self, chunks, chunk_tokens, new_tokens, rows=1, watching=()):
        """From pictures and text to an answer."""
        tokens = self.tokens(chunks, chunk_tokens).repeat(rows, 1)
        vision = self.pictures(chunks)[None, :, None].repeat(rows, 1, 1, 1, 1, 1)
        return self.timed(
            lambda: self.model.generate(
                vision,
                tokens,
                torch.ones_like(tokens),
                max_new_tokens=new_tokens,
                min_new_tokens=new_tokens,
                do_sample=False,
                pad_token_id=self.special["pad"],
                logits_processor=transformers.LogitsProcessorList(watching),
            )
        )

    def decode(self, chunks, chunk_tokens, new_tokens):
        """Seconds per token, one by one after the first, which takes the prompt's time."""
        scored = TokenTimes()
        self.answer(chunks, chunk_tokens, new_tokens + 1, watching=[scored])
        if len(scored.times) != new_tokens + 1:
            raise RuntimeError(f"{new_tokens + 1} tokens were scored {len(scored.times)} times")
        return (scored.times[-1] - scored.times[0]) / new_tokens

    @staticmethod
    def timed(work):
        with torch.inference_mode():
            started = time.perf_counter()
            work()
            return time.perf_counter() - started


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--size", choices=SIZES, required=True)
    options.add_argument("--dtype", choices=["float32", "bfloat16"], required=True)
    options.add_argument("--threads", type=int, required=True)
    options.add_argument("--compile", action="store_true")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    dtype = getattr(torch, given.dtype)
    model, special = build(given.size, dtype)
    if given.compile:
        model.vision_encoder.transformer.compile(dynamic=True)
        for layer in model.lang_encoder._get_decoder_layers():
            layer.decoder_layer.compile(dynamic=True)
            if layer.gated_cross_attn_layer is not None:
                layer.gated_cross_attn_layer.compile(dynamic=True)
    cases = Cases(model, special, dtype)
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}, open_clip {open_clip.__version__}, open-flamingo 2.0.1"
    print(json.dumps({"ready": True, "parameters": sum(p.numel() for p in model.parameters()), "versions": versions}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        result = getattr(cases, request.pop("case"))(**request)
        print(json.dumps(result if isinstance(result, dict) else {"seconds": result}), flush=True)


main()
