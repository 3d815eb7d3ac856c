"""Writes test/fixtures/checkpoint/pytorch/: small files of torch.save, what is in them, and files that must be refused.

expected/NAME.safetensors has the tensors of NAME.pt as torch.load gives them (float64 as float32 and int16 as int32, converted by torch), named by
all keys on the way joined by dots; expected/expected.json has the rest: types, shapes and everything that is no tensor.

Run from the repository root with torch 2.6.0, numpy 2.1.3 and safetensors 0.5.3: python tools/reference/pytorch_checkpoint.py
"""
import argparse
import collections
import json
import math
import os
import pickle
import shutil
import zipfile

import numpy
import torch
from safetensors.torch import save_file

FOLDER = "test/fixtures/checkpoint/pytorch"
CONVERTED = {torch.float64: torch.float32, torch.int16: torch.int32}
torch.manual_seed(0)


def dtypes():
    floats = torch.tensor([[0.0, -0.0, 1.0, -1.5], [math.pi, 65504.0, 1e-7, -math.inf]])
    return collections.OrderedDict(
        float32=torch.cat([floats, torch.tensor([[math.nan, math.inf, 1e-45, 3.4e38]])]),
        float16=floats.half(),
        bfloat16=floats.bfloat16(),
        float64=torch.tensor([math.pi, -1 / 3, 1e300, 1e-300, 2.0**24 + 1], dtype=torch.float64),
        int64=torch.tensor([0, -1, 2**62, -(2**63), 2**63 - 1]),
        int32=torch.tensor([[0, -1], [2**31 - 1, -(2**31)]], dtype=torch.int32),
        int16=torch.tensor([0, -1, 32767, -32768], dtype=torch.int16),
        int8=torch.tensor([0, -1, 127, -128], dtype=torch.int8),
        uint8=torch.tensor([0, 1, 255], dtype=torch.uint8),
        bool=torch.tensor([[True, False, True]]),
    )


def views():
    base = torch.arange(60, dtype=torch.float32).reshape(5, 12)
    cube = torch.randn(2, 3, 4, 5).half()
    return {
        "base": base,
        "transposed": base.T,
        "rows": base[2:4],
        "columns": base[:, 3:7],
        "everyThird": base[1::2, ::3],
        "diagonal": base.diagonal(1),
        "tied": base,
        "permuted": cube.permute(3, 0, 2, 1),
        "channelsLast": cube.to(memory_format=torch.channels_last),
        "expanded": torch.tensor([[1.5], [-2.5]]).expand(3, 2, 4),
        "windows": torch.arange(7).unfold(0, 3, 2),
        "scalar": torch.tensor(42.5),
        "scalarWithin": base[3, 7],
        "one": base[4:, 11:],
        "empty": torch.empty(0),
        "emptyRows": torch.empty(3, 0, 2, dtype=torch.int64),
        "emptySlice": base[5:, 2:],
        "transposedBool": torch.tensor([[True, False, True], [False, False, True]]).T,
        "transposedDouble": torch.randn(3, 2, dtype=torch.float64).T,
        "transposedShort": torch.tensor([[1, -2], [3, -4]], dtype=torch.int16).T,
    }


class Tiny(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.perceiver = torch.nn.Module()
        self.perceiver.latents = torch.nn.Parameter(torch.randn(2, 4))
        self.layers = torch.nn.ModuleList([torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)])
        self.register_buffer("mask", torch.ones(3, 3, dtype=torch.bool).tril())


def training():
    model = Tiny()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, 10)
    (model.layers[1](model.layers[0](model.perceiver.latents)).square().sum()).backward()
    optimiser.step()
    return {
        "epoch": 3,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimiser.state_dict(),
        "lr_scheduler_state_dict": {"last_epoch": schedule.last_epoch, "_last_lr": schedule.get_last_lr(), "verbose": False},
        "config": {
            "name": "tiny – ünïcode 🦩", "rate": 1e-3, "seed": 2**70, "negative": -(2**40), "small": -5, "none": None, "many": [1, 2.5, "x", [True, None]],
            "pair": (1, "two"), "nothing": {}, "no items": [], "dtype": torch.bfloat16, "device": torch.device("cuda", 1), "size": torch.Size([2, 3]),
            "__proto__": {"polluted": True}, 7: "number as key",
        },
        "history": [torch.tensor([1.0, 2.0]), 0.5, {"loss": torch.tensor(0.25), "step": 1}],
    }


def parameters():
    return {name: parameter for name, parameter in Tiny().named_parameters()}


HOLDS_TENSORS_ALONE = object()


def describe(value, path, tensors):
    """What openPytorch documents, written apart from it: puts tensors by name into `tensors`, gives what is left without them."""
    if isinstance(value, torch.Tensor):
        tensors[path] = value
        return HOLDS_TENSORS_ALONE
    if isinstance(value, dict):
        items = {str(key): describe(child, f"{path}.{key}" if path else str(key), tensors) for key, child in value.items()}
        kept = {key: child for key, child in items.items() if child is not HOLDS_TENSORS_ALONE}
        return HOLDS_TENSORS_ALONE if items and not kept else kept
    if isinstance(value, (list, tuple)):
        items = [describe(child, f"{path}.{index}", tensors) for index, child in enumerate(value)]
        alone = items and all(child is HOLDS_TENSORS_ALONE for child in items)
        return HOLDS_TENSORS_ALONE if alone else [None if child is HOLDS_TENSORS_ALONE else child for child in items]
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) >= 2**53 else value


expectations = {}


def expect(name, value):
    tensors = {}
    metadata = describe(value, "", tensors)
    converted = {key: tensor.detach().to(CONVERTED.get(tensor.dtype, tensor.dtype)).contiguous().clone() for key, tensor in tensors.items()}
    save_file(converted, f"{FOLDER}/expected/{name}.safetensors")
    expectations[name] = {
        "metadata": {} if metadata is HOLDS_TENSORS_ALONE else metadata,
        "weights": [[key, str(tensor.dtype).removeprefix("torch."), list(tensor.shape)] for key, tensor in tensors.items()],
    }


def save(name, value, **options):
    torch.save(value, f"{FOLDER}/{name}.pt", **options)
    expect(name, torch.load(f"{FOLDER}/{name}.pt", weights_only=False))


def rezipped(name, source, compression):
    with zipfile.ZipFile(f"{FOLDER}/{source}.pt") as old, zipfile.ZipFile(f"{FOLDER}/{name}.pt", "w", compression) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename), old.read(entry), compression)
    expect(name, torch.load(f"{FOLDER}/{name}.pt", weights_only=False))


def hostile(name, content):
    with zipfile.ZipFile(f"{FOLDER}/hostile/{name}.pt", "w") as file:
        file.writestr(zipfile.ZipInfo("archive/data.pkl"), content)


class Calling:
    """Unpickling it calls the function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class AttributeOfAllowed:
    """Asks for an attribute of what is allowed, by builtins.getattr."""

    def __reduce__(self):
        return collections.OrderedDict.fromkeys, ([1],)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(f"{FOLDER}/expected")
    os.makedirs(f"{FOLDER}/hostile")
    os.makedirs(f"{FOLDER}/other")
    save("dtypes", dtypes())
    save("views", views())
    save("training", training())
    save("module", Tiny().state_dict())
    save("parameters", parameters())
    for protocol in (3, 4, 5):
        save(f"protocol-{protocol}", {"weights": parameters(), "count": 8, "step": -3, "rate": 0.1}, pickle_protocol=protocol)
    rezipped("deflated", "views", zipfile.ZIP_DEFLATED)
    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 0
    rezipped("zip64", "module", zipfile.ZIP_STORED)
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
    with open(f"{FOLDER}/expected/expected.json", "w") as file:
        json.dump(expectations, file, ensure_ascii=False)

    torch.save(parameters(), f"{FOLDER}/other/legacy.pt", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), f"{FOLDER}/other/torchscript.pt")
    with open(f"{FOLDER}/other/pickle.pt", "wb") as file:
        pickle.dump({"weight": [1.0, 2.0]}, file, protocol=2)
    torch.save(torch.ones(3), f"{FOLDER}/other/tensor.pt")
    torch.save({"weight": torch.ones(2, dtype=torch.complex64)}, f"{FOLDER}/other/complex.pt")
    torch.save({"weight": torch.ones(2, dtype=torch.complex64).conj().imag}, f"{FOLDER}/other/negated.pt")
    torch.save({"weight": torch.ones(2).to(torch.float8_e5m2)}, f"{FOLDER}/other/float8.pt")
    # Types that are not read beside some that are.
    types = [torch.complex64, torch.complex128, torch.float8_e4m3fn, torch.float8_e5m2, torch.uint64, torch.uint32, torch.uint16, torch.float32]
    mixed = {str(dtype).removeprefix("torch."): torch.tensor([1, 2, 3]).to(dtype) for dtype in types}
    # Views of one storage: the second element on.
    tails = {name: tensor[1:] for name, tensor in mixed.items()}
    torch.save(tails | {"conjugated": torch.ones(2, dtype=torch.complex64).conj()}, f"{FOLDER}/other/types.pt")
    torch.save(Tiny(), f"{FOLDER}/other/whole-module.pt")
    torch.save({"weight": torch.ones(2), "args": argparse.Namespace(rate=1)}, f"{FOLDER}/other/namespace.pt")
    torch.save({"weight": torch.ones(2), "best": numpy.float64(0.5)}, f"{FOLDER}/other/numpy.pt")

    hostile("system", pickle.dumps(Calling(os.system, "touch /tmp/flamingo-was-here"), 2))
    hostile("eval", pickle.dumps({"weight": Calling(eval, "1+1")}, 2))
    hostile("eval-protocol-4", pickle.dumps({"weight": Calling(eval, "1+1")}, 4))
    hostile("getattr", pickle.dumps(Calling(getattr, "x", "upper"), 2))
    hostile("attribute-of-allowed", pickle.dumps(AttributeOfAllowed(), 4))
    hostile("nested-reduce", pickle.dumps(collections.OrderedDict(a=Calling(exec, Calling(eval, "1"))), 2))
    hostile("in-a-tensors-place", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(cposix\nsystem\nX\x04\x00\x00\x00true\x85RK\x00))\x89NtR.")
    hostile("instance", b"(X\x04\x00\x00\x00trueios\nsystem\n.")
    hostile("instance-of-allowed", b"(icollections\nOrderedDict\n.")
    hostile("long-name", b"\x80\x02c" + b"a" * 5000 + b"\n\x1b[2Jevil\n.")
    hostile("dotted-name", b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.fromkeys\x93]\x85R.")
    hostile("extension", b"\x80\x02\x82\x01.")
    hostile("call-of-a-type", b"\x80\x02ctorch\nFloatStorage\n)R.")
    hostile("persistent-global", b"\x80\x02(X\x07\x00\x00\x00storagecbuiltins\nexec\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ.")
    hostile("state-of-a-type", b"\x80\x02ctorch\nFloatStorage\n}b.")
    print(sum(os.path.getsize(os.path.join(place, file)) for place, _, files in os.walk(FOLDER) for file in files), "bytes")


main()
