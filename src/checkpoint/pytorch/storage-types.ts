/** The element types of PyTorch's storages, and what they become here. */
import type { StoredDType, StoredTensor } from "../stored-tensor.ts";

type StorageElements = StoredTensor["data"] | Float64Array | Int16Array;

export interface StorageType {
  /** As PyTorch calls the element. */
  readonly storedAs: string;
  readonly dtype: StoredDType;
  /** Elements as the file holds them. */
  readonly array: {
    new (buffer: ArrayBufferLike, offset: number, length: number): StorageElements;
    new (length: number): StorageElements;
    readonly BYTES_PER_ELEMENT: number;
  };
  /** To what `dtype` holds; without it the elements are that already. */
  readonly convert?: (elements: StorageElements) => StoredTensor["data"];
}

/** float64 is rounded to float32, which is what is computed with; int16 is widened to int32, which keeps every value. */
export const storageTypes: ReadonlyMap<string, StorageType> = new Map<string, StorageType>([
  ["torch.FloatStorage", { storedAs: "float32", dtype: "float32", array: Float32Array }],
  ["torch.HalfStorage", { storedAs: "float16", dtype: "float16", array: Uint16Array }],
  ["torch.BFloat16Storage", { storedAs: "bfloat16", dtype: "bfloat16", array: Uint16Array }],
  ["torch.DoubleStorage", { storedAs: "float64", dtype: "float32", array: Float64Array, convert: (elements) => Float32Array.from(elements as Float64Array) }],
  ["torch.LongStorage", { storedAs: "int64", dtype: "int64", array: BigInt64Array }],
  ["torch.IntStorage", { storedAs: "int32", dtype: "int32", array: Int32Array }],
  ["torch.ShortStorage", { storedAs: "int16", dtype: "int32", array: Int16Array, convert: (elements) => Int32Array.from(elements as Int16Array) }],
  ["torch.CharStorage", { storedAs: "int8", dtype: "int8", array: Int8Array }],
  ["torch.ByteStorage", { storedAs: "uint8", dtype: "uint8", array: Uint8Array }],
  ["torch.BoolStorage", { storedAs: "bool", dtype: "bool", array: Uint8Array, convert: trueOrFalse }],
]);

/** PyTorch takes any byte but 0 for true. */
function trueOrFalse(elements: StorageElements): Uint8Array {
  return Uint8Array.from(elements as Uint8Array, (byte) => Number(byte !== 0));
}
