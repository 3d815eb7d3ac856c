import type { StoredDType, StoredTensor } from "./stored-tensor.ts";

type StoredData = StoredTensor["data"];

interface ArrayType<Data> {
  new (buffer: ArrayBufferLike, offset: number, length: number): Data;
  readonly BYTES_PER_ELEMENT: number;
}

/** A type that a safetensors file may name, and how its bytes become numbers. */
export interface FileType {
  readonly storedAs: string;
  /** Values of less than a byte lie close together. */
  readonly bitsPerValue: number;
  /** Aligned bytes are not copied where the type needs no conversion. Absent: known by its size alone. */
  read?(bytes: Uint8Array): { readonly dtype: StoredDType; readonly data: StoredData };
}

/** Codes that are also written. */
export const safetensorsCodes: Readonly<Record<StoredDType, string>> = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  int8: "I8",
  bool: "BOOL",
};

const arrays: Readonly<Record<StoredDType, ArrayType<StoredData>>> = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
};

export function bytesPerValueOf(dtype: StoredDType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

/** All types of the format by their code. float64 is rounded to float32; integers without a type of ours become the next wider one. */
export const safetensorsTypes: ReadonlyMap<string, FileType> = new Map<string, FileType>([
  ...Object.entries(safetensorsCodes).map(([dtype, code]): [string, FileType] => [code, asItIs(dtype as StoredDType)]),
  ["F64", converted("float64", Float64Array, "float32", (values) => Float32Array.from(values))],
  ["I16", converted("int16", Int16Array, "int32", (values) => Int32Array.from(values))],
  ["U16", converted("uint16", Uint16Array, "int32", (values) => Int32Array.from(values))],
  ["U32", converted("uint32", Uint32Array, "int64", (values) => BigInt64Array.from(values, BigInt))],
  ["U64", { storedAs: "uint64", bitsPerValue: 64 }],
  ["C64", { storedAs: "complex64", bitsPerValue: 64 }],
  ["F8_E4M3", { storedAs: "float8_e4m3", bitsPerValue: 8 }],
  ["F8_E5M2", { storedAs: "float8_e5m2", bitsPerValue: 8 }],
  ["F8_E8M0", { storedAs: "float8_e8m0", bitsPerValue: 8 }],
  ["F8_E4M3FNUZ", { storedAs: "float8_e4m3fnuz", bitsPerValue: 8 }],
  ["F8_E5M2FNUZ", { storedAs: "float8_e5m2fnuz", bitsPerValue: 8 }],
  ["F6_E2M3", { storedAs: "float6_e2m3", bitsPerValue: 6 }],
  ["F6_E3M2", { storedAs: "float6_e3m2", bitsPerValue: 6 }],
  ["F4", { storedAs: "float4", bitsPerValue: 4 }],
]);

/** Names of those whose values can be read. */
export const readableTypes: readonly string[] = [...safetensorsTypes.values()].filter(({ read }) => read !== undefined).map(({ storedAs }) => storedAs);

function asItIs(dtype: StoredDType): FileType {
  const array = arrays[dtype];
  return { storedAs: dtype, bitsPerValue: 8 * array.BYTES_PER_ELEMENT, read: (bytes) => ({ dtype, data: viewAs(array, bytes) }) };
}

function converted<Data>(storedAs: string, array: ArrayType<Data>, dtype: StoredDType, convert: (values: Data) => StoredData): FileType {
  return { storedAs, bitsPerValue: 8 * array.BYTES_PER_ELEMENT, read: (bytes) => ({ dtype, data: convert(viewAs(array, bytes)) }) };
}

/** The numbers in `bytes`: a view of them, or of a copy where they do not lie at a multiple of their size. */
export function viewAs<Data>(array: ArrayType<Data>, bytes: Uint8Array): Data {
  // Not slice(): of a Node Buffer that is no copy.
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, aligned.byteLength / array.BYTES_PER_ELEMENT);
}

/** The bytes of these numbers: a view, not a copy. */
export function bytesOf({ buffer, byteOffset, byteLength }: StoredData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
