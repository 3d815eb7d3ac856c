"""What VL-ICL Bench's official scorer gives for made-up predictions.

    python tools/reference/vl_icl.py CODE > test/fixtures/evaluate/vl-icl.json

CODE is a checkout of the public repository ys-zong/VL-ICL at 2b77eee6; its `evals/eval.py` is run, none of it is kept. Needs numpy 2.4.6; torch, which the file imports for other tasks, is not needed.
"""
import json
import random
import sys
import types
from pathlib import Path

sys.modules["torch"] = types.ModuleType("torch")
official = types.ModuleType("eval")
exec(compile((Path(sys.argv[1]) / "evals/eval.py").read_text(), "eval", "exec"), official.__dict__)

chance = random.Random(20)
pieces = ["yes", "Yes", "no", "NO", "dax", "Dax", "3", "-3", "12", "0", "007", "٣", "3.5", ".", "..", "\n", "\n\n", " ", "\t", "\u00a0", "\x1c", "\u2212", "-", "The answer is ", "Answer:", "İ", "Straße", "yesterday", "<", "1,000", "x", ": "]
answers = {
    "operator_induction": ["3", "-3", "12", "0", "7"],
    "operator_induction_interleaved": ["3", "-3", "0"],
    "clevr": ["3", "12", "0"],
    "open_mi": ["dax", "Dax", "İ", "perpo"],
    "textocr": ["Straße", "STRASSE", "3.5", "x", "Mr."],
    "matching_mi": ["Yes", "No", "yes", "maybe"],
}
items = []
for dataset, right in answers.items():
    for _ in range(250):
        answer = chance.choice(right)
        prediction = "".join(chance.choice([*pieces, answer, answer]) for _ in range(chance.randint(0, 5)))
        score = float(official.eval_scores([{"prediction": prediction, "answer": answer}], dataset))
        items.append({"dataset": dataset, "prediction": prediction, "answer": answer, "score": int(score)})
print(json.dumps({"items": items}, ensure_ascii=True, separators=(",", ":")))
