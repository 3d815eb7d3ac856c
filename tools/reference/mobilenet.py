"""Writes test/fixtures/vision/mobilenet.json: the features that TensorFlow Lite itself gets for one committed drawing with nano's frozen encoder.

Run from the repository root after `flamingo data nano` has installed the packages:
pip install ai-edge-litert==2.3.0 pillow, then python tools/reference/mobilenet.py
"""
import json
import math

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from flatbuffers import Builder
from PIL import Image

picture = "models/nano/evaluation/pictures/noto/avocado.webp"
size = 192
layers = {
    "stride16": "FeatureExtractor/MobilenetV2/expanded_conv_12/add",
    "stride32": "FeatureExtractor/MobilenetV2/expanded_conv_16/project/",
    "head": "FeatureExtractor/MobilenetV2/Conv_1/Relu6",
}

assets = open("data/packages/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data", "rb").read()
model = schema.ModelT.InitFromPackedBuf(assets[184:9987912])
graph = model.subgraphs[0]
# A computed tensor has four dimensions; the constants of its layer carry the same name.
outputs = [
    next(
        i for i, tensor in enumerate(graph.tensors)
        if tensor.name.decode().startswith(name) and tensor.shape is not None and len(tensor.shape) == 4 and tensor.shape[1] == tensor.shape[2] in (19, 10)
    )
    for name in layers.values()
]

# The detector's heads hold the grids of 300 pixels as constants: keep only what the features need.
producers = {output: operator for operator in graph.operators for output in operator.outputs}
needed, waiting = set(), list(outputs)
while waiting:
    operator = producers.get(waiting.pop())
    if operator is not None and id(operator) not in needed:
        needed.add(id(operator))
        waiting.extend(operator.inputs)
graph.operators = [operator for operator in graph.operators if id(operator) in needed]
graph.outputs = np.array(outputs, dtype=np.int32)
model.signatureDefs = None
model.metadata = None
builder = Builder()
builder.Finish(model.Pack(builder), file_identifier=b"TFL3")

# The plain kernels: no delegate that would compute in another precision.
interpreter = Interpreter(model_content=bytes(builder.Output()), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
(source,) = interpreter.get_input_details()
interpreter.resize_tensor_input(source["index"], [1, size, size, 3])
interpreter.allocate_tensors()
pixels = np.asarray(Image.open(picture).convert("RGB"), dtype=np.float32)
assert pixels.shape == (size, size, 3)
interpreter.set_tensor(source["index"], pixels[None] / 127.5 - 1)
interpreter.invoke()

features = {}
for layer, detail in zip(layers, interpreter.get_output_details()):
    values = interpreter.get_tensor(detail["index"])[0]  # [height, width, channels]
    height, width, channels = values.shape
    flat = values.reshape(height * width, channels)
    # A few hundred values, spread over positions and channels, and the mean of every position.
    step = 1 + flat.size // 250
    while math.gcd(step, channels) != 1:
        step += 1
    features[layer] = {
        "shape": [height * width, channels],
        "every": step,
        "values": [round(float(v), 5) for v in flat.ravel()[::step]],
        "positionMeans": [round(float(v), 6) for v in flat.mean(axis=1)],
    }
with open("test/fixtures/vision/mobilenet.json", "w") as file:
    json.dump({"picture": picture, "size": size, "features": features}, file)
    file.write("\n")
