"""Writes test/fixtures/checkpoint/gguf/: a file with a tensor of every type that is read, and what its values are.

    python tools/reference/gguf_file.py

Needs gguf==0.19.0 (writer, quantiser and dequantiser of llama.cpp) and numpy. For the types that the package cannot
quantise, blocks are random bytes with sensible scales: what they stand for is the dequantiser's word all the same.
"""
import base64
import json
import pathlib

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as Type

folder = pathlib.Path("test/fixtures/checkpoint/gguf")
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(7)

rows, columns = 6, 256
values = random.normal(size=(rows, columns)).astype(np.float32)
values[1] *= 1e-4
values[2, :64] = 0.75  # blocks of one value: scale 0 where a least value is stored
values[3, 32:64] = 0  # and of zeros
values[4] += 3

# Of the superblocks, where half-precision scales lie.
scales_at = {
    Type.Q4_K: (0, 2), Type.Q5_K: (0, 2), Type.Q6_K: (208,), Type.Q2_K: (80, 82), Type.Q3_K: (108,), Type.IQ4_NL: (0,), Type.IQ4_XS: (0,),
}


def random_blocks(kind):
    size, width = GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (rows, columns // size, width), dtype=np.uint8)
    for at in scales_at[kind]:
        scale = (random.normal(size=blocks.shape[:2]) * 1e-2).astype(np.float16)
        blocks[..., at : at + 2] = scale.view(np.uint8).reshape(*blocks.shape[:2], 2)
    return blocks.reshape(rows, -1)


path = folder / "types.gguf"
writer = gguf.GGUFWriter(path, "llama")
writer.add_name("every type")
writer.add_uint8("test.uint8", 200)
writer.add_int8("test.int8", -100)
writer.add_uint16("test.uint16", 60_000)
writer.add_int16("test.int16", -30_000)
writer.add_uint32("test.uint32", 4_000_000_000)
writer.add_int32("test.int32", -2_000_000_000)
writer.add_uint64("test.uint64", 2**53 - 1)
writer.add_uint64("test.large", 2**63 + 1)
writer.add_int64("test.int64", -(2**40))
writer.add_float32("test.float32", 0.1)
writer.add_float64("test.float64", 0.1)
writer.add_bool("test.bool", True)
writer.add_array("test.numbers", [1.5, -2.25, 3.0])
writer.add_array("test.texts", ["a", "", "\ufeffmark", "漢字", "Ġthe"])
writer.add_array("test.nested", [[1, 2], [3]])

expected = {}


def add(name, data, kind, value):
    writer.add_tensor(name, data, raw_dtype=kind)
    value = np.ascontiguousarray(value, dtype=np.float32)
    expected[name] = {"type": kind.name, "shape": list(value.shape), "values": base64.b64encode(value.tobytes()).decode()}


for kind in (Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0):
    data = gguf.quants.quantize(values, kind)
    add(kind.name.lower(), data, kind, gguf.quants.dequantize(data, kind))
for kind in scales_at:
    data = random_blocks(kind)
    add(kind.name.lower(), data, kind, gguf.quants.dequantize(data, kind))
for kind, dtype in ((Type.I8, np.int8), (Type.I16, np.int16), (Type.I32, np.int32), (Type.I64, np.int64), (Type.F64, np.float64)):
    data = np.array([[[1, -2, 3]], [[4, 5, -100]]], dtype=dtype)
    add(kind.name.lower(), data, kind, data)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

sizes = {kind.name.lower(): GGML_QUANT_SIZES[kind] for kind in Type}
(folder / "types.json").write_text(json.dumps({"tensors": expected, "sizes": sizes}) + "\n")
print(path.stat().st_size, (folder / "types.json").stat().st_size)
