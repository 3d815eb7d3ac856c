"""What the published models' references have in common: pictures, random weights, prompts, and records of every stage (see published.py)."""
import hashlib
import json
import os

import torch
from PIL import Image
from safetensors.torch import save_file

FIXTURES = "test/fixtures/published"
IMAGE_SIZE = 28
NEW_TOKENS = 8
BEAMS = 3
# The likeliest token must stand out from the next one, so that another order of float32 sums cannot change what is generated.
SMALLEST_GAP = 2e-3


def folder(name):
    path = f"{FIXTURES}/{name}"
    os.makedirs(path, exist_ok=True)
    return path


def pictures():
    """Two drawings that are not square, so that cropping and squashing differ; written as PNG and given as Pillow has them."""
    made = []
    for name, (width, height) in {"wide": (47, 33), "high": (30, 52)}.items():
        data = bytearray()
        for y in range(height):
            for x in range(width):
                data += bytes([(x * 255) // width, (y * 7 + x * x) % 256, 255 if (x // 6 + y // 5) % 2 else 40])
        picture = Image.frombytes("RGB", (width, height), bytes(data))
        picture.save(f"{folder('pictures')}/{name}.png", optimize=True)
        made.append(picture)
    return made


def shake(model, seed):
    """Random weights that are large enough for every layer to be seen in the logits; no gate is zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "gate" in name and parameter.numel() == 1 or "alpha" in name:
                parameter.copy_(0.5 + 0.3 * noise.abs())
            elif parameter.ndim < 2:
                parameter.copy_(0.3 * noise + (1 if name.endswith("weight") else 0))
            elif "embed" in name or "wte" in name or "latents" in name or "positional" in name:
                parameter.copy_(noise)
            else:
                parameter.copy_(1.3 * noise / (parameter[0].numel() ** 0.5))


class Recorder:
    """Keeps what modules give, by name, as long as it is open."""

    def __init__(self, modules):
        self.values = {}
        self.handles = [module.register_forward_hook(self.keeper(name)) for name, module in modules.items()]

    def keeper(self, name):
        def keep(_module, _inputs, output):
            self.values[name] = (output if torch.is_tensor(output) else output[0]).detach().clone()

        return keep

    def close(self):
        for handle in self.handles:
            handle.remove()


def check_gaps(logits):
    top = logits.topk(2, dim=-1).values
    gap = (top[..., 0] - top[..., 1]).min().item()
    if not gap >= SMALLEST_GAP:
        raise SystemExit(f"two tokens are nearly equally likely ({gap}); choose another seed")


def continuation_scores(logits_of, tokens, continuations):
    """Sum of the log-probabilities of each continuation's tokens."""
    scores = []
    for continuation in continuations:
        logits = logits_of(tokens + continuation)
        log_probabilities = logits.log_softmax(-1)
        scores.append(sum(log_probabilities[len(tokens) + i - 1, token].item() for i, token in enumerate(continuation)))
    return scores


def answer(sequence, prompt_length, end):
    """What was generated, without its end and what pads it."""
    tokens = sequence[prompt_length:].tolist()
    return tokens[: tokens.index(end)] if end in tokens else tokens


def check_says_no_picture(answers, image):
    """A picture that a model "says" does not exist: there is no right way to go on after it."""
    if any(image in answer for answer in answers):
        raise SystemExit("a picture's token was generated; choose another seed")


def record_prompts(prompts, continuations, stages, of_pictures, logits_of, batch_logits, generate, image):
    """Every stage, the logits and the answers of each prompt alone, and the logits and greedy answers of all of them as one batch of unequal length.

    prompts: (tokens, pictures shown) by name. stages: modules by name. of_pictures: for stages that depend on the pictures alone, what to take of the
    output; they are kept once. logits_of(tokens, shown), batch_logits(rows, shown) (padded on the left) and generate(rows, shown, **options) run the model.
    """
    tensors, recorded = {}, []
    with torch.no_grad():
        for prompt, (tokens, shown) in prompts.items():
            recorder = Recorder(stages)
            logits = logits_of(tokens, shown)
            recorder.close()
            for stage, value in recorder.values.items():
                if stage not in of_pictures:
                    tensors[f"{prompt}.{stage}"] = value[0]
                elif prompt == "three":
                    tensors[stage] = of_pictures[stage](value)
            tensors[f"{prompt}.logits"] = logits
            (greedy,), _ = generate([tokens], [shown])
            check_gaps(logits_of(tokens + greedy, shown)[len(tokens) - 1 :])
            (beams,), found = generate([tokens], [shown], num_beams=BEAMS, output_scores=True)
            check_says_no_picture([beams, greedy], image)
            scores = continuation_scores(lambda longer: logits_of(longer, shown), tokens, continuations)
            recorded.append({"name": prompt, "tokens": tokens, "pictures": shown, "greedy": greedy, "beams": beams, "beamScore": found.sequences_scores[0].item(), "continuations": scores})
        rows, shown = map(list, zip(*prompts.values()))
        batch, _ = generate(rows, shown)
        logits = batch_logits(rows, shown)
        for row, prompt in enumerate(prompts):
            tensors[f"batch.{prompt}.logits"] = logits[row, logits.shape[1] - len(rows[row]) :]
    return tensors, {"continuations": continuations, "prompts": recorded, "batchGreedy": batch}


def write_reference(name, description, tensors):
    path = folder(name)
    save_file({key: value.detach().float().contiguous().clone() for key, value in tensors.items()}, f"{path}/reference.safetensors")
    with open(f"{path}/reference.json", "w") as file:
        json.dump(description, file, allow_nan=False)
        file.write("\n")


def part(name, weights, files, source, **rest):
    """What a model's flamingo.json says of one part; `files` are paths in the model's folder."""

    def described(file):
        with open(f"{FIXTURES}/{name}/{file}", "rb") as opened:
            content = opened.read()
        return {"file": file, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    return {"weights": weights, **rest, "files": [described(file) for file in files], "licence": "Apache-2.0", "source": source}


def written_as(reference, templates):
    """Adds to each recorded prompt the text that it is given as: `<image>` stands for a picture."""
    for prompt in reference["prompts"]:
        prompt["template"] = templates[prompt["name"]]
    return reference


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=2, sort_keys=True)
        file.write("\n")
