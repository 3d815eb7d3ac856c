"""Writes test/fixtures/generate/openflamingo-attention.json and test/fixtures/nn/transformer-attention.json: attention weights of code that is not ours.

The first holds what OpenFlamingo's own layers attend to while a small OpenFlamingo of test/fixtures/published (see published.py) reads a prompt and its answer: the results of every softmax in the resampler and in
the fusion layers, once with the last picture visible and once with all (`only_attend_immediate_media=False`, on the same weights). The second holds the weights that PyTorch's own TransformerEncoderLayer gives
(`need_weights`). Both hold attention rollout, computed as Abnar and Zuidema (2020) write it: square matrices `½·I + ½·weights` of all positions, multiplied.

Run from the repository root: PYTHONDONTWRITEBYTECODE=1 python tools/reference/attention.py
with Python 3.11, torch 2.6.0, transformers 4.46.3, open_clip_torch 2.30.0, einops 0.8, einops-exts 0.0.4, safetensors 0.5 and (`pip install --no-deps`) open-flamingo 2.0.1.
"""
import functools
import json

import numpy
import open_clip
import torch
import transformers
from safetensors.numpy import load_file

from openflamingo_package import package
from published_common import FIXTURES, IMAGE_SIZE
from published_openflamingo import END, ENTRIES, IMAGE, LATENTS, VISION_WIDTH, classes

NAME, PROMPT, ANSWER = "openflamingo-neox", "three", 1


class Softmaxes:
    """The results of `Tensor.softmax` within some modules, by name."""

    def __init__(self, modules):
        self.found, self.current, self.plain = {}, None, torch.Tensor.softmax
        for name, module in modules.items():
            module.register_forward_pre_hook(lambda _module, _inputs, name=name: setattr(self, "current", name))
            module.register_forward_hook(lambda _module, _inputs, _output: setattr(self, "current", None))

    def __enter__(self):
        def softmax(tensor, *arguments, **options):
            result = self.plain(tensor, *arguments, **options)
            if self.current is not None:
                assert self.current not in self.found
                self.found[self.current] = result.detach().double().numpy()
            return result

        torch.Tensor.softmax = softmax
        return self.found

    def __exit__(self, *_):
        torch.Tensor.softmax = self.plain


def rollout(layers):
    """@param layers - square, of all positions: rows sum to 1. @returns what each position is made of"""
    joint = numpy.eye(len(layers[0]))
    for weights in layers:
        joint = (numpy.eye(len(weights)) + weights) / 2 @ joint
    return joint


def square(weights):
    """A Perceiver's layer as one of all positions: features stay what they are. @param weights - [latents, positions+latents]"""
    latents, positions = weights.shape
    full = numpy.eye(positions)
    full[positions - latents :] = weights
    return full


def rounded(array):
    return numpy.round(array, 9).tolist()


def openflamingo(immediate):
    Flamingo, FlamingoLMMixin, extend_instance = classes(2, 8)
    _, flamingo_lm = package()[:2]
    flamingo_lm.GatedCrossAttentionBlock = functools.partial(flamingo_lm.GatedCrossAttentionBlock, only_attend_immediate_media=immediate)
    vision = {"image_size": IMAGE_SIZE, "patch_size": 14, "width": VISION_WIDTH, "layers": 2, "head_width": 8, "final_ln_after_pool": True}
    clip = open_clip.CLIP(embed_dim=8, vision_cfg=vision, text_cfg={"context_length": 8, "vocab_size": 10, "width": 8, "heads": 2, "layers": 1}, quick_gelu=True).eval()
    clip.load_state_dict(torch.load(f"{FIXTURES}/clip/open_clip_pytorch_model.pt", weights_only=True))
    clip.visual.output_tokens = True
    language = transformers.GPTNeoXForCausalLM.from_pretrained(f"{FIXTURES}/neox", attn_implementation="eager").eval()
    extend_instance(language, FlamingoLMMixin)
    language.set_decoder_layers_attr_name("gpt_neox.layers")
    language.resize_token_embeddings(ENTRIES + 3)
    model = Flamingo(clip, language, END, IMAGE, vis_dim=VISION_WIDTH, cross_attn_every_n_layers=1).eval()
    _, unexpected = model.load_state_dict(torch.load(f"{FIXTURES}/{NAME}/checkpoint.pt", weights_only=True), strict=False)
    assert not unexpected, unexpected
    return model


def write_openflamingo():
    with open(f"{FIXTURES}/{NAME}/reference.json") as file:
        recorded = json.load(file)
    prompt = next(each for each in recorded["prompts"] if each["name"] == PROMPT)
    answer = recorded["continuations"][ANSWER]
    tensors = load_file(f"{FIXTURES}/{NAME}/reference.safetensors")
    pixels = torch.tensor(load_file(f"{FIXTURES}/clip/reference.safetensors")["pixels"])[prompt["pictures"]][None, :, None]
    written = {"pictures": prompt["pictures"], "answer": answer}
    for attend in "last", "all":
        model = openflamingo(attend == "last")
        blocks = [block.gated_cross_attn_layer for block in model.lang_encoder.gpt_neox.layers]
        modules = {f"fusion.{j}": block.attn for j, block in enumerate(blocks)} | {f"resampler.{i}": attention for i, (attention, _) in enumerate(model.perceiver.layers)}
        with torch.no_grad(), Softmaxes(modules) as found:
            # Text before the first picture would see all of them alike where it should see none.
            begin = 0 if attend == "last" else prompt["tokens"].index(IMAGE)
            tokens = torch.tensor([prompt["tokens"][begin:] + answer[:-1]])
            logits = model(pixels, tokens, torch.ones_like(tokens)).logits[0]
        if attend == "last":
            assert torch.allclose(logits[: len(prompt["tokens"])], torch.tensor(tensors[f"{PROMPT}.logits"]), atol=1e-4)
        foretold = logits.log_softmax(-1)[-len(answer) :]
        # [tokens, heads, pictures, latents] of the positions that foretell the answer
        fusion = [found[f"fusion.{j}"][0].transpose(1, 0, 2)[-len(answer) :].reshape(len(answer), 2, -1, LATENTS) for j in range(len(blocks))]
        resampler = numpy.stack([found[f"resampler.{i}"][0].mean(0) for i in range(len(model.perceiver.layers))])  # [layers, pictures, latents, positions+latents]
        written[attend] = {
            "template": prompt["template"] if attend == "last" else prompt["template"][prompt["template"].index("<image>") :],
            "logProbabilities": rounded(numpy.array([foretold[i, token].item() for i, token in enumerate(answer)])),
            "fusion": [rounded(layer) for layer in fusion],
            "gates": [[block.attn_gate.tanh().item(), block.ff_gate.tanh().item()] for block in blocks],
            "resampler": rounded(resampler),
            "rollout": rounded(numpy.stack([rollout([square(layer[picture]) for layer in resampler])[-LATENTS:] for picture in range(resampler.shape[1])])),
        }
    write("test/fixtures/generate/openflamingo-attention.json", written)


def sines(first, *shape):
    count = torch.Size(shape).numel()
    return torch.sin(0.7 * torch.arange(count, dtype=torch.float64) ** 1.5 + first).reshape(shape).float()


def write_transformer():
    width, heads, hidden, layers, latents, positions = 8, 2, 12, 3, 3, 5
    x = torch.cat([sines(1, positions, width), 2 * sines(2, latents, width)])[None]
    weights = []
    for i in range(layers):
        layer = torch.nn.TransformerEncoderLayer(width, heads, hidden, dropout=0, activation=torch.nn.functional.gelu, batch_first=True, norm_first=True, bias=False)
        with torch.no_grad():
            for j, parameter in enumerate(layer.parameters()):
                parameter.copy_(sines(10 * i + j, *parameter.shape) + (1 if parameter.ndim == 1 else 0))
            normed = layer.norm1(x)
            weights.append(layer.self_attn(normed, normed, normed, need_weights=True, average_attn_weights=True)[1][0].double().numpy())
            x = layer.train()(x)
    names = [name for name, _ in layer.named_parameters()]
    written = {"width": width, "heads": heads, "hidden": hidden, "layers": layers, "latents": latents, "positions": positions, "names": names}
    written |= {"weights": rounded(numpy.stack(weights)[:, -latents:]), "rollout": rounded(rollout(weights)[-latents:]), "result": rounded(x[0, -latents:].detach().numpy())}
    write("test/fixtures/nn/transformer-attention.json", written)


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file)
        file.write("\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_openflamingo()
    write_transformer()
