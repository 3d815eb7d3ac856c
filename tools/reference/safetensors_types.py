"""Writes test/fixtures/checkpoint/every-type.safetensors: one tensor [4] of every type that the format's own library knows, by that library.

Run from the repository root with Python 3.11 and safetensors 0.8.0: python tools/reference/safetensors_types.py
"""
import ctypes

import safetensors

SIZES = {
    "bool": 8, "float4_e2m1fn_x2": 4, "float8_e5m2": 8, "float8_e4m3fn": 8, "float8_e8m0fnu": 8, "float8_e4m3fnuz": 8, "float8_e5m2fnuz": 8, "uint8": 8, "int8": 8,
    "int16": 16, "uint16": 16, "float16": 16, "bfloat16": 16, "int32": 32, "uint32": 32, "float32": 32, "complex64": 64, "float64": 64, "int64": 64, "uint64": 64,
}

if __name__ == "__main__":
    zeros = ctypes.create_string_buffer(32)
    # Two values of four bits count as one element there.
    tensors = {
        name: safetensors.TensorSpec(dtype=name, shape=[2] if name.endswith("_x2") else [4], data_ptr=ctypes.addressof(zeros), data_len=4 * bits // 8)
        for name, bits in SIZES.items()
    }
    safetensors.serialize_file(tensors, "test/fixtures/checkpoint/every-type.safetensors", {"library": f"safetensors {safetensors.__version__}"})
