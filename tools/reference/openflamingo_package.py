"""OpenFlamingo's own code, importable: the package `open-flamingo` 2.0.1 without its `__init__`, whose import of `factory.py` is a syntax error. For the parity
fixtures (published_openflamingo.py) and for the speed comparison (bench/peers/reference.py)."""
import functools
import importlib.util
import sys
import types

import torch


@functools.cache
def package():
    """Its modules, and the two classes that callers may replace in them, as they were: flamingo, flamingo_lm, utils, PerceiverResampler, GatedCrossAttentionBlock."""
    location = importlib.util.find_spec("open_flamingo").submodule_search_locations[0]
    for name, path in {"open_flamingo": location, "open_flamingo.src": f"{location}/src"}.items():
        module = types.ModuleType(name)
        module.__path__ = [path]
        sys.modules[name] = module
    from open_flamingo.src import flamingo, flamingo_lm, utils

    return flamingo, flamingo_lm, utils, flamingo.PerceiverResampler, flamingo_lm.GatedCrossAttentionBlock


class NormalisedQueriesAndKeys(torch.nn.Linear):
    """MPT's joined layer, with MosaicGPT's layer norms of all queries and all keys (`attn_qk_ln`), which transformers' MPT leaves out."""

    def __init__(self, width):
        super().__init__(width, 3 * width, bias=False)
        self.q_ln = torch.nn.LayerNorm(width, bias=False)
        self.k_ln = torch.nn.LayerNorm(width, bias=False)

    def forward(self, x):
        query, key, value = super().forward(x).chunk(3, dim=-1)
        return torch.cat([self.q_ln(query), self.k_ln(key), value], dim=-1)
