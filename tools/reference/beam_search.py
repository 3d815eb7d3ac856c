"""Writes test/fixtures/generate/beam-search.json: hypotheses of transformers' beam search, in their order and with their scores, for many combinations of beams, length penalty, early stopping, longest answer and end
token, on the small LLaMA in test/fixtures/published/language-llama (see published_language.py). Which token is the end is drawn among those that are likely early, so that answers end at every length.

Run from the repository root: python tools/reference/beam_search.py
with Python 3.11, torch 2.6.0, transformers 4.46.3, safetensors 0.5.
"""
import copy
import json
import os
import random

import torch
import transformers

# Cases of every penalty with every way of stopping, and cases that depend on the latter.
GRID, DIFFERING = 90, 48
BEAMS = [2, 3, 4, 5]
PENALTIES = [0.0, 0.6, 1.0, 2.0, -1.0]
STOPPING = [False, True, "never"]
PAIRS = [(False, "never"), (False, True)]
FILE = "test/fixtures/generate/beam-search.json"


def search(model, tokens, case):
    prompt = torch.tensor([tokens])
    result = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        num_beams=case["beams"],
        num_return_sequences=case["beams"],
        length_penalty=case["lengthPenalty"],
        early_stopping=case["earlyStopping"],
        max_new_tokens=case["maxTokens"],
        eos_token_id=case["end"],
        pad_token_id=case["end"],
        do_sample=False,
        output_scores=True,
        return_dict_in_generate=True,
    )
    answers = [sequence[len(tokens) :].tolist() for sequence in result.sequences]
    cut = [answer[: answer.index(case["end"])] if case["end"] in answer else answer for answer in answers]
    return cut, result.sequences_scores.tolist()


def draw(model, number):
    """Of the last cases the answers differ between two ways of stopping; those are more often found with few beams and long answers."""
    tokens = [random.randrange(1, 48) for _ in range(random.randint(2, 7))]
    likely = model(torch.tensor([tokens])).logits[0, -1].topk(12).indices.tolist()
    plain = number < GRID
    return {
        "tokens": tokens,
        "beams": random.choice(BEAMS if plain else [2, 3]),
        "lengthPenalty": PENALTIES[number % len(PENALTIES)] if plain else random.choice([0.6, 1.0, 2.0]),
        "earlyStopping": STOPPING[number // len(PENALTIES) % len(STOPPING)] if plain else random.choice(PAIRS[number % 2]),
        "maxTokens": random.randint(2, 12) if plain else random.randint(8, 22),
        "end": random.choice(likely if plain else likely[:6]),
    }


def main():
    torch.set_num_threads(1)
    random.seed(16)
    single = transformers.LlamaForCausalLM.from_pretrained("test/fixtures/published/language-llama", torch_dtype=torch.float32).eval()
    double = copy.deepcopy(single).double()
    cases = []
    while len(cases) < GRID + DIFFERING:
        number = len(cases)
        with torch.no_grad():
            case = draw(single, number)
            if number >= GRID:
                one, other = (search(single, case["tokens"], case | {"earlyStopping": each})[0] for each in PAIRS[number % 2])
                if one == other:
                    continue
            answers, scores = search(single, case["tokens"], case)
            # Where rounding decides, another order of float32 sums would give another answer.
            if answers == search(double, case["tokens"], case)[0]:
                cases.append(case | {"answers": answers, "scores": [round(score, 6) for score in scores]})
    os.makedirs(os.path.dirname(FILE), exist_ok=True)
    with open(FILE, "w") as file:
        source = f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}"
        file.write('{"source": ' + json.dumps(source) + ', "cases": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n")


if __name__ == "__main__":
    main()
