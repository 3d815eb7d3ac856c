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

CASES = 120
BEAMS = [2, 3, 4, 5]
PENALTIES = [0.0, 0.6, 1.0, 2.0, -1.0]
STOPPING = [False, True, "never"]
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


def main():
    torch.set_num_threads(1)
    random.seed(16)
    single = transformers.LlamaForCausalLM.from_pretrained("test/fixtures/published/language-llama", torch_dtype=torch.float32).eval()
    double = copy.deepcopy(single).double()
    cases = []
    while len(cases) < CASES:
        number = len(cases)
        tokens = [random.randrange(1, 48) for _ in range(random.randint(2, 7))]
        with torch.no_grad():
            likely = single(torch.tensor([tokens])).logits[0, -1].topk(12).indices.tolist()
        case = {
            "tokens": tokens,
            "beams": random.choice(BEAMS),
            "lengthPenalty": PENALTIES[number % len(PENALTIES)],
            "earlyStopping": STOPPING[number // len(PENALTIES) % len(STOPPING)],
            "maxTokens": random.randint(2, 16),
            "end": random.choice(likely),
        }
        with torch.no_grad():
            answers, scores = search(single, tokens, case)
            exact, _ = search(double, tokens, case)
            others = [search(single, tokens, case | {"earlyStopping": each})[0] for each in STOPPING]
        # Of every second case the three values find different answers. Where rounding decides, another order of float32 sums would give another answer: such cases are left out.
        if answers == exact and (number % 2 == 0 or any(other != others[0] for other in others)):
            cases.append(case | {"answers": answers, "scores": [round(score, 6) for score in scores]})
    os.makedirs(os.path.dirname(FILE), exist_ok=True)
    with open(FILE, "w") as file:
        source = f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}"
        file.write('{"source": ' + json.dumps(source) + ', "cases": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n")


if __name__ == "__main__":
    main()
