/** The element types of PyTorch's storages, and what they become here. */
import type { StoredDType, StoredTensor } from "../stored-tensor.ts";

type StorageElements = StoredTensor["data"] | Float64Array | Int16Array | Uint32Array;

export interface StorageType {
  /** As PyTorch calls the element. */
  readonly storedAs: string;
  /** Of each element. */
  readonly bytes: number;
  /** Absent: known by its size alone. */
  readonly read?: ElementReader;
}

export interface ElementReader {
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

/** float64 is rounded to float32, which is what is computed with; int16 and uint16 are widened to int32 and uint32 to int64, which keeps every value. */
export const storageTypes: ReadonlyMap<string, StorageType> = new Map<string, StorageType>([
  ["torch.FloatStorage", readable("float32", { dtype: "float32", array: Float32Array })],
  ["torch.HalfStorage", readable("float16", { dtype: "float16", array: Uint16Array })],
  ["torch.BFloat16Storage", readable("bfloat16", { dtype: "bfloat16", array: Uint16Array })],
  ["torch.DoubleStorage", readable("float64", { dtype: "float32", array: Float64Array, convert: (elements) => Float32Array.from(elements as Float64Array) })],
  ["torch.LongStorage", readable("int64", { dtype: "int64", array: BigInt64Array })],
  ["torch.IntStorage", readable("int32", { dtype: "int32", array: Int32Array })],
  ["torch.ShortStorage", readable("int16", { dtype: "int32", array: Int16Array, convert: toInt32 })],
  ["torch.CharStorage", readable("int8", { dtype: "int8", array: Int8Array })],
  ["torch.ByteStorage", readable("uint8", { dtype: "uint8", array: Uint8Array })],
  ["torch.BoolStorage", readable("bool", { dtype: "bool", array: Uint8Array, convert: trueOrFalse })],
  ["torch.ComplexFloatStorage", { storedAs: "complex64", bytes: 8 }],
  ["torch.ComplexDoubleStorage", { storedAs: "complex128", bytes: 16 }],
  // Bytes whose type each tensor says for itself.
  ["torch.storage.UntypedStorage", { storedAs: "bytes", bytes: 1 }],
]);

/** Types that have no storage of their own: their tensors are in an untyped one. */
export const untypedElements: ReadonlyMap<string, StorageType> = new Map<string, StorageType>([
  ["torch.uint16", readable("uint16", { dtype: "int32", array: Uint16Array, convert: toInt32 })],
  ["torch.uint32", readable("uint32", { dtype: "int64", array: Uint32Array, convert: (elements) => BigInt64Array.from(elements as Uint32Array, BigInt) })],
  ["torch.uint64", { storedAs: "uint64", bytes: 8 }],
  ["torch.complex32", { storedAs: "complex32", bytes: 4 }],
  ...["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2"].map((storedAs): [string, StorageType] => [
    `torch.${storedAs}`,
    { storedAs, bytes: 1 },
  ]),
]);

/** Names of those whose values can be read. */
export const readableElements: readonly string[] = [...storageTypes.values(), ...untypedElements.values()]
  .filter(({ read }) => read !== undefined)
  .map(({ storedAs }) => storedAs);

function readable(storedAs: string, read: ElementReader): StorageType {
  return { storedAs, bytes: read.array.BYTES_PER_ELEMENT, read };
}

function toInt32(elements: StorageElements): Int32Array {
  return Int32Array.from(elements as Int16Array | Uint16Array);
}

/** PyTorch takes any byte but 0 for true. */
function trueOrFalse(elements: StorageElements): Uint8Array {
  return Uint8Array.from(elements as Uint8Array, (byte) => Number(byte !== 0));
}
