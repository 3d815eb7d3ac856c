import { create, toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { QuantisedBlocks } from "../../src/checkpoint/weight-file.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "../../src/graph/onnx-schema/onnx_pb.js";

const float32 = 1;
const uint8 = 2;
const int64 = 7;

/**
 * `left [count, columns]` times the blocks' matrix, turned around, as ONNX Runtime's `MatMulNBits` computes it with the blocks as they are, offsets beside it.
 * @returns `[count, rows]`
 */
export async function blockProduct(blocks: QuantisedBlocks, left: Float32Array): Promise<Float32Array> {
  const { bits, blockSize, rows, columns, codes, scales, offsets } = blocks;
  const perRow = columns / blockSize;
  const raw = (data: Uint8Array | Float32Array | BigInt64Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const constant = (name: string, dataType: number, dims: number[], data: Uint8Array | Float32Array | BigInt64Array) =>
    create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData: raw(data) });
  const value = (name: string) =>
    create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: { elemType: float32, shape: { dim: [{}, {}] } } } } });
  const whole = (name: string, i: bigint) => create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i });
  const attributes = Object.entries({ K: columns, N: rows, bits, block_size: blockSize }).map(([name, i]) => whole(name, BigInt(i)));
  const offsetNodes = [
    create(NodeProtoSchema, { opType: "Reshape", input: ["left", "blocked"], output: ["blocks"] }),
    create(NodeProtoSchema, { opType: "ReduceSum", input: ["blocks", "lastAxis"], output: ["sums"], attribute: [whole("keepdims", 0n)] }),
    create(NodeProtoSchema, { opType: "Gemm", input: ["sums", "offsets", "middled"], output: ["product"], attribute: [whole("transB", 1n)] }),
  ];
  const model = create(ModelProtoSchema, {
    irVersion: 9n,
    opsetImport: [
      { domain: "", version: 20n },
      { domain: "com.microsoft", version: 1n },
    ],
    graph: create(GraphProtoSchema, {
      name: "product",
      node: [
        create(NodeProtoSchema, {
          opType: "MatMulNBits",
          domain: "com.microsoft",
          input: ["left", "codes", "scales"],
          output: [offsets === undefined ? "product" : "middled"],
          attribute: attributes,
        }),
        ...(offsets === undefined ? [] : offsetNodes),
      ],
      initializer: [
        constant("codes", uint8, [rows, perRow, (blockSize * bits) / 8], codes),
        constant("scales", float32, [rows, perRow], scales),
        ...(offsets === undefined
          ? []
          : [
              constant("offsets", float32, [rows, perRow], offsets),
              constant("blocked", int64, [3], BigInt64Array.of(-1n, BigInt(perRow), BigInt(blockSize))),
              constant("lastAxis", int64, [1], BigInt64Array.of(2n)),
            ]),
      ],
      input: [value("left")],
      output: [value("product")],
    }),
  });
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), { intraOpNumThreads: 1 });
  const { product } = await session.run({ left: new Tensor("float32", left, [left.length / columns, columns]) });
  const data = product!.data as Float32Array;
  await session.release();
  return data;
}
