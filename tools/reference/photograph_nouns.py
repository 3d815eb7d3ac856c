"""Writes recipes/nano/evaluation/photograph-nouns.json: the nouns that photograph-labels.json beside it says things with, with everything that they are kinds of.

A key is a word and the number of its sense in WordNet 3.0 (its own licence), from the Debian package wordnet-base 1:3.0-37. Names are WordNet's, and those of recipes/nano/classes/imagenet.json, which a classifier's
classes go by. The synsets of these: timm 1.0.15 (Apache-2.0).

Run from the repository root: apt-get download wordnet-base; dpkg-deb -x wordnet-base_*.deb /tmp/wordnet; pip install timm==1.0.15, then
python tools/reference/photograph_nouns.py /tmp/wordnet/usr/share/wordnet
"""
import importlib.util
import json
import os
import re
import sys

folder = sys.argv[1]
here = "recipes/nano/evaluation"
labels = json.load(open(f"{here}/photograph-labels.json"))
imagenet = json.load(open("recipes/nano/classes/imagenet.json"))

lemmas, parents, senses = {}, {}, {}
for line in open(f"{folder}/data.noun"):
    if line.startswith(" "):
        continue
    fields = line.split(" | ")[0].split()
    count = int(fields[3], 16)
    lemmas[fields[0]] = [word.replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
    pointers = fields[4 + 2 * count :]
    # Pointers @ lead to what it is a kind of, @i to what it is an instance of.
    parents[fields[0]] = [pointers[i + 1] for i in range(1, len(pointers) - 3, 4) if pointers[i] in ("@", "@i") and pointers[i + 2] == "n"]
for line in open(f"{folder}/index.noun"):
    if line.startswith(" "):
        continue
    fields = line.split()
    senses[fields[0].replace("_", " ")] = fields[4 + int(fields[3]) + 2 :]

# The order in which tools/reference/imagenet_classes.py numbers the synsets.
order, place = [], {}


def visit(offset):
    if offset in place:
        return
    for parent in parents[offset]:
        visit(parent)
    place[offset] = len(order)
    order.append(offset)


timm = os.path.dirname(importlib.util.find_spec("timm").origin)
for line in open(f"{timm}/data/_info/imagenet_synsets.txt"):
    visit(line.strip()[1:])
assert [[place[parent] for parent in parents[offset]] for offset in order] == [node["kindOf"] for node in imagenet["nodes"]]

nouns, keys = {}, {}


def add(offset, key):
    if offset in keys:
        return keys[offset]
    keys[offset] = key
    names = lemmas[offset] + ([imagenet["nodes"][place[offset]]["name"]] if offset in place else [])
    above = [add(parent, f"{lemmas[parent][0]}.{senses[lemmas[parent][0].lower()].index(parent) + 1}") for parent in parents[offset]]
    nouns[key] = {"names": list(dict.fromkeys(names)), "kindOf": above}
    return key


sense = re.compile(r"^(.*)\.(\d+)$")
told = {key for part in (labels["things"], labels["scenes"]) for said in part.values() for key in said} | set(labels["wide"])
for key in sorted(told):
    found = sense.match(key)
    if found:
        # Two words for one noun: say it with one.
        offset = senses[found[1].lower()][int(found[2]) - 1]
        same = add(offset, key)
        if same != key:
            nouns[key] = nouns[same]

with open(f"{here}/photograph-nouns.json", "w") as file:
    file.write("{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(noun)}" for key, noun in sorted(nouns.items())) + "\n}\n")
