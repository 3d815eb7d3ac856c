import { safetensorsTypes } from "../safetensors-types.ts";
import type { StoredTensor } from "../stored-tensor.ts";
import { type Dequantiser, dequantiseIQ4_NL, dequantiseQ4_0, dequantiseQ4_1, dequantiseQ5_0, dequantiseQ5_1, dequantiseQ8_0 } from "./dequantise.ts";
import { type BlockReader, blocksOfIQ4_NL, blocksOfQ4_0, blocksOfQ4_1, blocksOfQ5_0, blocksOfQ5_1, blocksOfQ8_0 } from "./product-blocks.ts";
import { blockReaderOf, dequantiserOf, iq4_xs, q2_k, q3_k, q4_k, q5_k, q6_k, type SuperblockType } from "./superblocks.ts";

/** A type of tensor that ggml has. */
export interface TensorType {
  readonly name: string;
  /** Values that are stored together. */
  readonly blockSize: number;
  /** What they take. */
  readonly blockBytes: number;
  /** Absent: known by its size alone. */
  readonly read?: (bytes: Uint8Array, count: number) => Pick<StoredTensor, "dtype" | "data">;
  readonly blocks?: BlockReader;
}

/** By the number that ggml gives them (`enum ggml_type`). */
export const tensorTypes: ReadonlyMap<number, TensorType> = new Map<number, TensorType>([
  [0, plain("F32")],
  [1, plain("F16")],
  [2, { ...quantised("q4_0", 32, 18, dequantiseQ4_0), blocks: blocksOfQ4_0 }],
  [3, { ...quantised("q4_1", 32, 20, dequantiseQ4_1), blocks: blocksOfQ4_1 }],
  [6, { ...quantised("q5_0", 32, 22, dequantiseQ5_0), blocks: blocksOfQ5_0 }],
  [7, { ...quantised("q5_1", 32, 24, dequantiseQ5_1), blocks: blocksOfQ5_1 }],
  [8, { ...quantised("q8_0", 32, 34, dequantiseQ8_0), blocks: blocksOfQ8_0 }],
  [10, superblocks("q2_k", q2_k)],
  [11, superblocks("q3_k", q3_k)],
  [12, superblocks("q4_k", q4_k)],
  [13, superblocks("q5_k", q5_k)],
  [14, superblocks("q6_k", q6_k)],
  [16, { name: "iq2_xxs", blockSize: 256, blockBytes: 66 }],
  [17, { name: "iq2_xs", blockSize: 256, blockBytes: 74 }],
  [18, { name: "iq3_xxs", blockSize: 256, blockBytes: 98 }],
  [19, { name: "iq1_s", blockSize: 256, blockBytes: 50 }],
  [20, { ...quantised("iq4_nl", 32, 18, dequantiseIQ4_NL), blocks: blocksOfIQ4_NL }],
  [21, { name: "iq3_s", blockSize: 256, blockBytes: 110 }],
  [22, { name: "iq2_s", blockSize: 256, blockBytes: 82 }],
  [23, superblocks("iq4_xs", iq4_xs)],
  [24, plain("I8")],
  [25, plain("I16")],
  [26, plain("I32")],
  [27, plain("I64")],
  [28, plain("F64")],
  [29, { name: "iq1_m", blockSize: 256, blockBytes: 56 }],
  [30, plain("BF16")],
  [34, { name: "tq1_0", blockSize: 256, blockBytes: 54 }],
  [35, { name: "tq2_0", blockSize: 256, blockBytes: 66 }],
  [39, { name: "mxfp4", blockSize: 32, blockBytes: 17 }],
  [40, { name: "nvfp4", blockSize: 64, blockBytes: 36 }],
  [41, { name: "q1_0", blockSize: 128, blockBytes: 18 }],
]);

/** Stored value by value, as safetensors files store them. */
function plain(code: string): TensorType {
  const type = safetensorsTypes.get(code)!;
  return { name: type.storedAs, blockSize: 1, blockBytes: type.bitsPerValue / 8, ...(type.read === undefined ? {} : { read: type.read }) };
}

function quantised(name: string, blockSize: number, blockBytes: number, dequantise: Dequantiser): TensorType {
  return {
    name,
    blockSize,
    blockBytes,
    read(bytes, count) {
      const data = new Float32Array(count);
      dequantise(bytes, data);
      return { dtype: "float32", data };
    },
  };
}

function superblocks(name: string, type: SuperblockType): TensorType {
  return { ...quantised(name, 256, type.bytes, dequantiserOf(type)), blocks: blockReaderOf(type) };
}
