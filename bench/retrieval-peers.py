"""numpy and usearch on the file of bench/retrieval.ts: path, questions, nearest, rounds. Prints figures as JSON."""
import json
import statistics
import sys
import time

import numpy as np
from usearch.index import MetricKind, search

path, queries, wanted, rounds = sys.argv[1], *map(int, sys.argv[2:5])
features = np.load(path, mmap_mode="r")
asked = np.random.default_rng(1).standard_normal((queries, features.shape[1])).astype(np.float32)
asked /= np.linalg.norm(asked, axis=1, keepdims=True)


def by_numpy(of):
    scores = features @ of.T
    for column in scores.T:
        best = np.argpartition(column, -wanted)[-wanted:]
        best[np.argsort(-column[best])]


def by_usearch(of):
    search(features, of, wanted, MetricKind.IP, exact=True)


figures = []
for name, find in [("numpy", by_numpy), ("usearch, exact", by_usearch)]:
    for label, of, per in [("one question", asked[:1], 1), (f"each of {queries} questions together", asked, queries)]:
        times = []
        for _ in range(rounds + 1):
            started = time.perf_counter()
            find(of)
            times.append(1000 * (time.perf_counter() - started) / per)
        figures.append({"name": f"{name}: {label}", "value": statistics.median(times[1:]), "unit": "ms"})
# Not getrusage: its maximum begins with that of the process that started this one.
peak = 1024 * int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
figures.append({"name": "numpy and usearch: most memory of their process", "value": peak / 1e6, "unit": "MB"})
print(json.dumps(figures))
