import type { DType } from "../graph/graph.ts";

/** bfloat16 exists only in files: its bits travel in a Uint16Array, as float16's do. */
export type StoredDType = DType | "bfloat16";

/** A weight as a file holds it, row-major. */
export interface StoredTensor {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;
}
