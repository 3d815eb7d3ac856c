import type { StoredTensor } from "./safetensors.ts";

/** Random access to the bytes of a file, so that a file larger than memory can be read tensor by tensor. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string;
  readonly size: number;
  /** Bytes `start … end-1`. @throws CheckpointError when they lie beyond the end */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** A weight in a file: known by name, type and shape before it is read. */
export interface StoredWeight {
  /** As the file calls it: `float32`, `bfloat16`, `q4_1`, … */
  readonly storedAs: string;
  readonly shape: readonly number[];
  /** Bytes that it takes in the file. */
  readonly bytes: number;
  /** Reads it; block-quantised values become float32. */
  load(): Promise<StoredTensor>;
}

/** What a file of weights holds, whatever its format. */
export interface WeightFile {
  readonly format: "safetensors" | "pytorch" | "gguf";
  /** By name, in the order of the file. */
  readonly weights: ReadonlyMap<string, StoredWeight>;
  readonly metadata: Readonly<Record<string, unknown>>;
}
