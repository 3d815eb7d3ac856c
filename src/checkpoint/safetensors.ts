/** The safetensors format: an 8-byte length, a JSON header that says where each tensor lies, then the tensors. Nothing in it is ever executed. */
import type { DType } from "../graph/graph.ts";
import { CheckpointError } from "./errors.ts";

/** bfloat16 exists only in files: its bits travel in a Uint16Array, as float16's do. */
export type StoredDType = DType | "bfloat16";

export interface StoredTensor {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;
}

export interface SafetensorsFile {
  /** By name, in the order of the file. Aligned tensors are views of the bytes given. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Layout {
  readonly code: string;
  readonly array: { new (buffer: ArrayBufferLike, offset: number, length: number): StoredTensor["data"]; readonly BYTES_PER_ELEMENT: number };
}

const layouts: Readonly<Record<StoredDType, Layout>> = {
  float32: { code: "F32", array: Float32Array },
  float16: { code: "F16", array: Uint16Array },
  bfloat16: { code: "BF16", array: Uint16Array },
  int64: { code: "I64", array: BigInt64Array },
  int32: { code: "I32", array: Int32Array },
  uint8: { code: "U8", array: Uint8Array },
  int8: { code: "I8", array: Int8Array },
  bool: { code: "BOOL", array: Uint8Array },
};

const dtypes = new Map(Object.entries(layouts).map(([dtype, { code }]) => [code, dtype as StoredDType]));

/** The format's own limit. */
const longestHeader = 100_000_000;

interface Entry {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * @param name - what errors call the file
 * @throws CheckpointError when the file is cut short, is not of this format, or its header contradicts itself
 */
export function readSafetensors(bytes: Uint8Array, name = "the safetensors file"): SafetensorsFile {
  const fail = (problem: string): never => {
    throw new CheckpointError(`${name}: ${problem}`);
  };
  if (bytes.length < 8) fail(`it is only ${bytes.length} bytes long; the download or copy was interrupted, fetch it again`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerLength > longestHeader) fail("it does not begin with a safetensors header; is it another format?");
  if (8 + headerLength > bytes.length) fail(`it ends within its header, after ${bytes.length} bytes; the download or copy was interrupted, fetch it again`);
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), fail);
  const { __metadata__: metadata = {}, ...rest } = header;
  const body = bytes.subarray(8 + headerLength);
  const entries = Object.entries(rest).map(([tensor, value]) => readEntry(tensor, value, fail));
  checkPlaces(entries, body.length, fail);
  return { tensors: new Map(entries.map((entry) => [entry.name, view(body, entry)])), metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Uint8Array, fail: (problem: string) => never): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof header === "object" && header !== null && !Array.isArray(header)) return header as Record<string, unknown>;
  } catch {
    // The message below says all that a user can use.
  }
  return fail("its header is not JSON; it is damaged or another format");
}

function readEntry(name: string, value: unknown, fail: (problem: string) => never): Entry {
  const { dtype: code, shape, data_offsets: offsets } = (value ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  const dtype = dtypes.get(String(code));
  if (dtype === undefined) return fail(`tensor ${name} is of type ${JSON.stringify(code)}; readable are ${[...dtypes.keys()].join(", ")}`);
  if (!isCounts(shape)) return fail(`tensor ${name} has the shape ${JSON.stringify(shape)}, which is not a list of sizes`);
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`tensor ${name} lies at ${JSON.stringify(offsets)}, which is not a start and an end`);
  const [start, end] = offsets as [number, number];
  const length = shape.reduce((product, size) => product * size, layouts[dtype].array.BYTES_PER_ELEMENT);
  if (end - start !== length)
    return fail(`tensor ${name} ${String(code)} [${shape.join(", ")}] needs ${length} bytes, its place has ${end - start}; the file is damaged`);
  return { name, dtype, shape, start, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}

function checkPlaces(entries: readonly Entry[], length: number, fail: (problem: string) => never): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start < end) fail(`tensor ${entry.name} overlaps another one; the file is damaged`);
    end = entry.end;
    if (end > length) fail(`tensor ${entry.name} ends at byte ${end} of ${length}; the download or copy was interrupted, fetch it again`);
  }
}

function view(body: Uint8Array, { dtype, shape, start, end }: Entry): StoredTensor {
  const { array } = layouts[dtype];
  const count = (end - start) / array.BYTES_PER_ELEMENT;
  const aligned = (body.byteOffset + start) % array.BYTES_PER_ELEMENT === 0;
  const source = aligned ? body : body.slice(start, end);
  return { dtype, shape, data: new array(source.buffer, aligned ? body.byteOffset + start : source.byteOffset, count) };
}

/** @returns the bytes of a file with these tensors, each aligned for its type */
export function writeSafetensors(tensors: ReadonlyMap<string, StoredTensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  // Wide types first, so that each begins at a multiple of its size, as the reference implementation orders them.
  const ordered = [...tensors].sort(([, a], [, b]) => layouts[b.dtype].array.BYTES_PER_ELEMENT - layouts[a.dtype].array.BYTES_PER_ELEMENT);
  let offset = 0;
  const places = ordered.map(([name, { dtype, shape, data }]): [string, unknown] => {
    const start = offset;
    offset += data.byteLength;
    return [name, { dtype: layouts[dtype].code, shape, data_offsets: [start, offset] }];
  });
  const header = JSON.stringify({ ...(Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {}), ...Object.fromEntries(places) });
  const headerBytes = new TextEncoder().encode(header);
  const headerLength = Math.ceil(headerBytes.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(headerBytes, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
