import type { DType } from "../graph/graph.ts";
import { RuntimeError } from "./errors.ts";

/** Elements of a tensor in row-major order. float16 travels as its bit patterns in a `Uint16Array`, bool as 0 and 1 in a `Uint8Array`. */
export type HostData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

/** A tensor in ordinary memory. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: HostData;
}

export type TensorType = Pick<HostTensor, "dtype" | "shape">;

/** What a variable begins as: without `data`, zeros. */
export type InitialTensor = TensorType & Partial<HostTensor>;

/** A tensor that lies in a file as it would in memory: it is mapped, neither read nor copied. Where there are files. */
export interface FileTensor extends TensorType {
  readonly file: {
    readonly folder: string;
    readonly name: string;
    /** Of its first byte. */
    readonly offset: number;
  };
}

/** A weight, wherever it is. */
export type WeightTensor = HostTensor | FileTensor;

/** Weights by parameter path. A `ReadonlyMap<string, HostTensor>` is one. */
export interface WeightStore {
  get(path: string): WeightTensor | undefined;
}

type HostArrayConstructor = {
  new (length: number): HostData;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): HostData;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
};

/** The array that holds each dtype. */
export const arrayOf: Readonly<Record<DType, HostArrayConstructor>> = {
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
};

/** Number of elements of a shape; 1 for `[]`. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * A tensor of zeros in memory that threads share (`SharedArrayBuffer`), so that it reaches the runtime's worker without a copy: the place to read weights into.
 * Where the page is not cross-origin isolated there is no such memory, and ordinary memory is used.
 */
export function sharedTensor(dtype: DType, shape: readonly number[]): HostTensor {
  const bytes = byteLengthOf({ dtype, shape });
  const buffer = typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  return { dtype, shape, data: new arrayOf[dtype](buffer) };
}

/** The same values in memory that threads share, so that they reach the worker without another copy. What is there already stays as it is. */
export function shared(tensor: HostTensor): HostTensor {
  if (typeof SharedArrayBuffer === "undefined" || tensor.data.buffer instanceof SharedArrayBuffer) return tensor;
  const copy = sharedTensor(tensor.dtype, tensor.shape);
  (copy.data as Uint8Array).set(tensor.data as Uint8Array);
  return copy;
}

/** Gives its memory back now, not when the collector, which sees a small object, comes around to it. For arrays that nobody else has: they are empty from then on. */
export function free({ data: { buffer } }: Pick<HostTensor, "data">): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}

/** Bytes of its elements. */
export function byteLengthOf({ dtype, shape }: TensorType): number {
  return sizeOf(shape) * arrayOf[dtype].BYTES_PER_ELEMENT;
}

/** `float32 [2, 3]` */
export function describeTensor({ dtype, shape }: { readonly dtype: DType; readonly shape: readonly (number | string)[] }): string {
  return `${dtype} [${shape.join(", ")}]`;
}

/** Throws unless the array is the one that `dtype` needs and fills `shape` exactly. `what` begins the message. */
export function checkHostTensor(what: string, { dtype, shape, data }: HostTensor): void {
  if (!(data instanceof arrayOf[dtype])) {
    throw new RuntimeError(
      `${what}: a tensor of ${dtype} needs its elements in a ${arrayOf[dtype].name}, found ${(data as object | undefined)?.constructor?.name ?? String(data)}`,
    );
  }
  if (data.length !== sizeOf(shape)) {
    throw new RuntimeError(`${what}: shape [${shape.join(", ")}] has ${sizeOf(shape)} elements, the array has ${data.length}`);
  }
}
