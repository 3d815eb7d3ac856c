"""Writes recipes/nano/classes/imagenet.json: the 1000 classes of ImageNet in the order of every classifier of them, as leaves of WordNet's nouns.

Names of classes: open_clip 2.30.0 (MIT). Their synsets: timm 1.0.15 (Apache-2.0), as WordNet 3.0 numbers them. What they are kinds of, and how often each word was found in texts: WordNet 3.0 (its own
licence), from the Debian package wordnet-base 1:3.0-37.

Run from the repository root: apt-get download wordnet-base; dpkg-deb -x wordnet-base_*.deb /tmp/wordnet; pip install open_clip_torch==2.30.0 timm==1.0.15, then
python tools/reference/imagenet_classes.py /tmp/wordnet/usr/share/wordnet
"""
import importlib.util
import json
import os
import re
import sys

folder = sys.argv[1]
package = lambda name: os.path.dirname(importlib.util.find_spec(name).origin)
source = open(f"{package('open_clip')}/zero_shot_metadata.py").read()
names = {}
exec(source[source.index("IMAGENET_CLASSNAMES ="):], names)
names = names["IMAGENET_CLASSNAMES"]
synsets = [line.strip() for line in open(f"{package('timm')}/data/_info/imagenet_synsets.txt")]
assert len(names) == len(synsets) == 1000

# How often a sense of a word was found: `%` marks sense keys, whose third number is the lexicographer's file.
found = {}
for line in open(f"{folder}/cntlist.rev"):
    key, _, count = line.split()
    word, rest = key.split("%")
    if rest.startswith("1:"):
        found[word] = found.get(word, 0) + int(count)

lemmas, parents = {}, {}
for line in open(f"{folder}/data.noun"):
    if line.startswith(" "):
        continue
    fields = line.split(" | ")[0].split()
    count = int(fields[3], 16)
    # Pointers @ lead to what it is a kind of, @i to what it is an instance of.
    lemmas[fields[0]] = [word.replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
    pointers = fields[4 + 2 * count :]
    parents[fields[0]] = [pointers[i + 1] for i in range(1, len(pointers) - 3, 4) if pointers[i] in ("@", "@i") and pointers[i + 2] == "n"]

order, place = [], {}


def visit(offset):
    """Numbers a synset after everything that it is a kind of."""
    if offset in place:
        return
    for parent in parents[offset]:
        visit(parent)
    place[offset] = len(order)
    order.append(offset)


leaves = [synset[1:] for synset in synsets]
for leaf in leaves:
    visit(leaf)


def above(offset):
    return {word for parent in parents[offset] for word in lemmas[parent] + list(above(parent))}


# Where the word that is found most often is found in another sense.
meant = {"wind": "wind instrument", "brass": "brass instrument", "arm": "weapon"}


def common(offset):
    """The word that was found most often; of `domestic cat` under `cat` the shorter one. Latin and names are left out where there are others."""
    words = [word for word in lemmas[offset] if word == word.lower() and not re.search(r"\d|\(", word)] or lemmas[offset]
    words = [meant[word] if meant.get(word) in words else word for word in words]
    best = max(words, key=lambda word: (found.get(word.replace(" ", "_"), 0), -words.index(word)))
    last = best.split(" ")[-1]
    shorter = [word for word in words if word in above(offset)]
    return last if last != best and last in above(offset) else (shorter[0] if shorter else best)


inner = set(place) - set(leaves)
nodes = [
    {"name": common(offset) if offset in inner else names[leaves.index(offset)], "kindOf": [place[parent] for parent in parents[offset]]}
    for offset in order
]
os.makedirs("recipes/nano/classes", exist_ok=True)
with open("recipes/nano/classes/imagenet.json", "w") as file:
    json.dump({"classes": [place[leaf] for leaf in leaves], "nodes": nodes}, file, separators=(",", ":"))
    file.write("\n")
