"""METEOR of made-up captions by its own Java program, and of its word lists what they need.

    python tools/reference/meteor.py > test/fixtures/evaluate/meteor.json
    python tools/reference/meteor.py --fuzz 20000 --seed 7 > fuzz.json

Needs pycocoevalcap==1.2, which brings meteor-1.5.jar (with WordNet 3.0's synonyms) and its table of paraphrases, and Java. Called as its `Meteor` class does: `-stdio -l en -norm`.
With --fuzz: that many captions, without word lists, to be compared by `tools/compare-meteor.ts`.
"""
import argparse
import gzip
import json
import os
import random
import subprocess
import zipfile

import pycocoevalcap

folder = os.path.join(os.path.dirname(pycocoevalcap.__file__), "meteor")
table = os.path.join(folder, "data", "paraphrase-en.gz")

nouns = "man woman men women dog dogs puppy cat kitten bus buses automobile car cars truck street road sidewalk ball kid child children boy girls people person table plate pizza slice phone cellphone bicycle bike motorcycle train plane airplane field grass park beach ocean water wave surfboard snow skis skier hill mountain building house room kitchen bathroom toilet sink mirror clock tower sign light lady guy group bunch couple lot pair photograph picture image top side front back middle".split()
verbs = "sits sitting sat stands standing walking walks running ran runs jumping leaps rides riding holding holds carrying eating eats playing plays looking looks watching flying flies lying lies parked driving drives wearing wears cutting making talking using taking going moving".split()
others = "a an the of in on at to with and near next beside by over under above behind is are was be being has have there it its his her their this that some two three several many 2 one small little tiny large big huge young old white black red blue green colorful beautiful happy busy empty very up down while as who which".split()
phrases = ["in front of", "next to", "a number of", "a lot of", "on top of", "a group of", "in the middle of", "close to", "a couple of", "lots of", "as well as", "such as", "at the same time", "in addition to", "a large number of", "in the vicinity of", "as a result of", "getting ready to", "is going to", "talking on the phone"]
odd = "u.s. U.S.A. e.g. i.e. dr. mr. no. 5 1,000 3.5 can't don't it's man's dogs' '90s rock'n'roll t-shirt x-ray mother-in-law -- - ... .. . , ; : ! ? \" ' `` '' ( ) & % $ # café naïve Straße “quoted” ‘single’ – — 日本 élan 10-12 1990's o'clock p.m. etc. Inc. a.b A,b 1,b b,1 word. word.. Hello.World ''word'' `tick` \u00a0 \u3000 |".split(" ")

# Words that share a stem, a meaning, or are paraphrases of one another.
families = ["dog dogs doggy", "sit sits sitting sat seated", "stand stands standing stood", "walk walks walking walked", "run runs running ran", "jump jumps jumping leaps leaping", "ride rides riding rode", "hold holds holding held", "eat eats eating ate", "play plays playing played", "look looks looking watch watches watching",
    "fly flies flying flew", "lie lies lying lay", "car cars automobile auto", "street road streets roads", "bike bicycle bikes bicycles", "plane airplane planes", "phone telephone cellphone phones", "big large huge bigger largest", "small little tiny smaller", "kid child kids children", "man men guy", "woman women lady ladies",
    "photo photograph picture image", "beautiful beautifully beauty lovely", "happy happily happiness glad", "house home houses", "couch sofa", "near close nearby", "several many", "group bunch groups", "field meadow", "happily joyfully", "generous generously generosity", "cities city town", "leaf leaves", "knife knives"]
related = {word: family.split() for family in families for word in family.split()}


def words(r, strange):
    text = []
    for _ in range(r.randint(0 if strange else 1, 12)):
        kind = r.random()
        if strange and kind < 0.25:
            text.append(r.choice(odd))
        elif kind < 0.15:
            text.append(r.choice(phrases))
        elif kind < 0.4:
            text.append(r.choice(list(related)))
        else:
            text.append(r.choice(r.choice([nouns, verbs, others, others])))
    return " ".join(text)


def varied(r, text):
    """A caption that shares much with another one."""
    out = []
    for word in text.split(" "):
        kind = r.random()
        if kind < 0.12:
            continue
        if word in related and kind < 0.75:
            word = r.choice(related[word])
        out.append(r.choice(r.choice([nouns, verbs, others])) if kind < 0.25 and word not in related else word)
        if kind > 0.93:
            out.append(r.choice(others))
    if r.random() < 0.2:
        r.shuffle(out)
    return " ".join(out)


def pairs(count, seed, vocabulary=()):
    r = random.Random(seed)
    made = []
    for i in range(count):
        strange = i % 3 == 2
        first = words(r, strange)
        if vocabulary and i % 2 == 1:
            first = " ".join(r.choice(vocabulary) for _ in range(r.randint(2, 9)))
        references = [first] + [words(r, strange) if r.random() < 0.3 else varied(r, first) for _ in range(r.randint(0, 3))]
        candidate = varied(r, r.choice(references)) if r.random() < 0.9 else words(r, strange)
        if i % 40 == 0:
            candidate = references[0]
        # The program takes no empty texts and nothing that looks like what stands between them.
        references = [each.replace("|", " ").strip() or "the" for each in references]
        made.append({"candidate": candidate.replace("|", " ").strip() or "a", "references": references})
    return made


def judged(made):
    command = ["java", "-jar", "-Xmx2G", "meteor-1.5.jar", "-", "-", "-stdio", "-l", "en", "-norm"]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")

    def ask(line):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    stats = [ask(" ||| ".join(["SCORE", *each["references"], each["candidate"]])) for each in made]
    scores = [float(ask("EVAL ||| " + " ||| ".join(stats)))] + [float(process.stdout.readline()) for _ in made]
    process.stdin.close()
    process.wait()
    return {"pairs": [{**each, "score": score, "stats": line} for each, score, line in zip(made, scores, stats)], "whole": scores[-1]}


def word_lists(made):
    """The lines of METEOR's lists that are about words of these captions."""
    jar = zipfile.ZipFile(os.path.join(folder, "meteor-1.5.jar"))
    read = lambda name: jar.read(name).decode("utf-8")
    texts = [text.lower() for each in made for text in [each["candidate"], *each["references"]]]
    known = {word for text in texts for word in "".join(c if c.isalnum() or c in ".'" else " " for c in text).split()}
    known |= {word.strip(".'") for word in known}
    known |= {base for word in known for n in range(1, 5) for base in (word[:-n], word[:-n] + "e", word[:-n] + "y", word[:-n] + "man")}
    exceptions = read("synonym/english.exceptions").split("\n")
    exceptions = [(exceptions[i], exceptions[i + 1]) for i in range(0, len(exceptions) - 1, 2) if any(form in known for form in exceptions[i + 1].split())]
    known |= {base for base, _ in exceptions}
    synsets = read("synonym/english.synsets").split("\n")
    synsets = [(synsets[i], synsets[i + 1]) for i in range(0, len(synsets) - 1, 2) if synsets[i] in known]
    present = set()
    for text in texts:
        plain = "".join(c if c.isalnum() or c in ".'" else " " for c in text).split()
        present |= {" ".join(plain[i:j]) for i in range(len(plain)) for j in range(i + 1, min(len(plain), i + 7) + 1)}
    kept = []
    with gzip.open(table, "rt", encoding="utf-8", newline="\n") as lines:
        for probability in lines:
            phrase, other = next(lines).rstrip("\n"), next(lines).rstrip("\n")
            if phrase in present and other in present:
                kept += ["0", phrase, other]
    bare = {word.strip(".") for text in texts for word in text.split()}
    occurring = lambda name: "".join(line + "\n" for line in read(name).split("\n") if line.split(" ")[0].lower() in bare | set(".,"))
    joined = lambda pairs: "".join(f"{a}\n{b}\n" for a, b in pairs)
    return {
        "nonbreaking/english.prefixes": occurring("nonbreaking/english.prefixes"),
        "function/english.words": read("function/english.words"),
        "synonym/english.synsets": joined(synsets),
        "synonym/english.exceptions": joined(exceptions),
        "paraphrases": "\n".join(kept) + "\n",
    }


parser = argparse.ArgumentParser()
parser.add_argument("--fuzz", type=int)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
if options.fuzz is None:
    made = pairs(300, options.seed)
    print(json.dumps({**judged(made), "files": word_lists(made)}, ensure_ascii=False))
else:
    jar = zipfile.ZipFile(os.path.join(folder, "meteor-1.5.jar"))
    vocabulary = [line for line in jar.read("synonym/english.synsets").decode().split("\n")[::2] if "_" not in line and line.isalpha()]
    print(json.dumps(judged(pairs(options.fuzz, options.seed, random.Random(3).sample(vocabulary, 3000))), ensure_ascii=False))
