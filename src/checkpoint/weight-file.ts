import type { BlockSize } from "../graph/graph.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/**
 * A matrix in blocks of values of a row, codes and scales in the layout of ONNX Runtime's `MatMulNBits` without zero points:
 * value = scale * code + minimum, or without minimums scale * (code - middle), where the middle is 8 with 4 bits and 128 with 8.
 * A product with minimums is `MatMulNBits(x, codes, scales) + sums(x) · offsetsᵀ`, where offset = minimum + middle * scale, and `sums(x) [tokens, columns / blockSize]` adds up x over
 * each block. The operator's own zero points would say the same, but those that are no codes keep it from its fast kernels: 0.4 ms became 47
 * (one token, 2048 to 4096, one thread, ONNX Runtime 1.30).
 */
export interface QuantisedBlocks {
  readonly bits: 4 | 8;
  readonly blockSize: BlockSize;
  /** Outputs of the product, `N`. */
  readonly rows: number;
  /** Inputs of the product, `K`: a multiple of the block size. */
  readonly columns: number;
  /** Codes `[rows, columns / blockSize, blockSize * bits / 8]`; with 4 bits, code `2i` is the lower half of byte `i`. */
  readonly codes: Uint8Array;
  /** `[rows, columns / blockSize]` */
  readonly scales: PerBlock;
  /** As the scales. Absent: codes in the middle stand for zero. */
  readonly minimums?: PerBlock;
}

/** Numbers of blocks: float16 as its bits, or float32. */
export type PerBlock = Uint16Array | Float32Array;

/** A weight in a file: known by name, type and shape before it is read. */
export interface StoredWeight {
  /** As the file calls it: `float32`, `bfloat16`, `q4_1`, … */
  readonly storedAs: string;
  readonly shape: readonly number[];
  /** Bytes that it takes in the file. */
  readonly bytes: number;
  /** Why its values cannot be read, and what to do: then `load` fails with that. Absent: they can. */
  readonly unreadable?: string;
  /** Of its first byte, where all of them follow one another in the file. */
  readonly offset?: number;
  /** Reads it; block-quantised values become float32. */
  load(): Promise<StoredTensor>;
  /** Only where the file holds such blocks. */
  readonly blocks?: StoredBlocks;
}

/** Blocks in a file. */
export interface StoredBlocks {
  readonly bits: 4 | 8;
  readonly blockSize: BlockSize;
  readonly minimums: boolean;
  /** Whether scales and minimums are float32. Default: float16. */
  readonly wide?: boolean;
  /** Reads them, without a way through float32. */
  load(): Promise<QuantisedBlocks>;
}

/** What a file of weights holds, whatever its format. */
export interface WeightFile {
  readonly format: "safetensors" | "pytorch" | "gguf";
  /** By name, in the order of the file. */
  readonly weights: ReadonlyMap<string, StoredWeight>;
  readonly metadata: Readonly<Record<string, unknown>>;
}
