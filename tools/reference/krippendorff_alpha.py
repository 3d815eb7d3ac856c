"""Krippendorff's alpha of made-up ratings by the package krippendorff 0.9.0 (numpy 2.4.6).

    python tools/reference/krippendorff_alpha.py > test/fixtures/evaluate/krippendorff-alpha.json
"""
import json
import random

import krippendorff
import numpy as np

chance = random.Random(10)


def ratings(raters: int, items: int, values: list[int], missing: float, agreement: float) -> list[list[int | None]]:
    """[raters][items]: with this probability a rater says what the others do, or nothing at all."""
    common = [chance.choice(values) for _ in range(items)]
    return [[None if chance.random() < missing else common[i] if chance.random() < agreement else chance.choice(values) for i in range(items)] for _ in range(raters)]


cases = []
for raters in (2, 3, 5):
    for items in (4, 12, 40):
        for values in ([0, 1], [-1, 0, 1], [1, 2, 3, 4, 5]):
            for missing in (0.0, 0.3):
                for agreement in (0.0, 0.6, 0.95):
                    given = ratings(raters, items, values, missing, agreement)
                    pairable = [v for column in zip(*given) if sum(v is not None for v in column) > 1 for v in column if v is not None]
                    if len(set(pairable)) < 2:
                        continue
                    data = np.array([[np.nan if v is None else float(v) for v in row] for row in given])
                    alphas = {level: float(krippendorff.alpha(reliability_data=data, level_of_measurement=level)) for level in ("nominal", "ordinal", "interval")}
                    cases.append({"ratings": given, **alphas})

print(json.dumps(cases, separators=(",", ":")))
