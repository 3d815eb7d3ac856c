import type { ByteSource } from "../../data/byte-source.ts";
import { sizeOf } from "../../runtime/host-tensor.ts";
import { checkPlaces, type Fail, type Place } from "../places.ts";
import { HeaderCursor } from "./header-cursor.ts";
import { readMetadata } from "./metadata.ts";
import { type TensorType, tensorTypes } from "./tensor-types.ts";

const magic = 0x46554747; // "GGUF"
/** What an entry of the header takes at least: a name's length, dimensions, type, place; a key's length, a type, a value. */
const leastTensorBytes = 24;
const leastMetadataBytes = 13;
/** ggml's own limit. */
const mostDimensions = 4;
const defaultAlignment = 32;

export interface GgufTensor extends Place {
  readonly type: TensorType;
  /** Row-major, so in the opposite order of the file's. */
  readonly shape: readonly number[];
}

export interface GgufHeader {
  /** In the order of the file; places count from `bodyStart`. */
  readonly tensors: readonly GgufTensor[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly bodyStart: number;
}

/** Versions 2 and 3, little-endian (the specification is docs/gguf.md of ggml). */
export async function readGgufHeader(source: ByteSource, fail: Fail): Promise<GgufHeader> {
  const cursor = new HeaderCursor(source, fail);
  if ((await cursor.uint32()) !== magic) fail("it does not begin with GGUF; is it another format?");
  checkVersion(await cursor.uint32(), fail);
  const tensorCount = await cursor.uint64();
  const metadataCount = await cursor.uint64();
  if (tensorCount * leastTensorBytes + metadataCount * leastMetadataBytes > cursor.remaining)
    fail(`${tensorCount} tensors and ${metadataCount} metadata are more than its ${source.size} bytes can name; the file is cut short or damaged`);
  const metadata = await readMetadata(cursor, metadataCount, fail);
  const { ["general.alignment"]: alignment = defaultAlignment } = metadata;
  if (!isPowerOfTwo(alignment)) return fail(`its alignment is ${String(alignment)}, which is not a power of two; the file is damaged`);
  const tensors = new Map<string, GgufTensor>();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = await readTensor(cursor, i, alignment, fail);
    if (tensors.has(tensor.name)) fail(`two tensors are called ${tensor.name}; the file is damaged`);
    tensors.set(tensor.name, tensor);
  }
  const bodyStart = Math.ceil(cursor.position / alignment) * alignment;
  const inOrder = placed([...tensors.values()], Math.max(0, source.size - bodyStart));
  checkPlaces(inOrder, Math.max(0, source.size - bodyStart), fail);
  checkGaps(inOrder, source.size - bodyStart, alignment, fail);
  return { tensors: inOrder, metadata, bodyStart };
}

/** What is of a type that is not known, and so of no known size, has room up to the next tensor. */
function placed(tensors: readonly GgufTensor[], bodyLength: number): GgufTensor[] {
  return tensors.map((tensor) => {
    if (!Number.isNaN(tensor.end)) return tensor;
    const end = tensors.reduce((nearest, { start }) => (start > tensor.start && start < nearest ? start : nearest), Math.max(tensor.start, bodyLength));
    return { ...tensor, end };
  });
}

/** Tensors follow one another, filled up to the alignment: where there is more room between them or after them, a place or their number is wrong. */
function checkGaps(tensors: readonly GgufTensor[], bodyLength: number, alignment: number, fail: Fail): void {
  let end = 0;
  for (const tensor of [...tensors].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (tensor.start - end >= alignment) fail(`bytes ${end} to ${tensor.start} of its tensors, before ${tensor.name}, belong to none; the file is damaged`);
    end = tensor.end;
  }
  if (bodyLength - end >= alignment) fail(`its last ${bodyLength - end} bytes belong to no tensor; the file is damaged`);
}

function checkVersion(version: number, fail: Fail): void {
  if (version === 2 || version === 3) return;
  if (version > 0 && (version & 0xffff) === 0) fail("it is a big-endian file; convert it with gguf_convert_endian.py of llama.cpp");
  fail(`it is of version ${version}; readable are 2 and 3: convert the model anew with a current llama.cpp`);
}

function isPowerOfTwo(value: unknown): value is number {
  return typeof value === "number" && value > 0 && Number.isInteger(Math.log2(value));
}

async function readTensor(cursor: HeaderCursor, index: number, alignment: number, fail: Fail): Promise<GgufTensor> {
  const name = await cursor.text(`the name of tensor ${index}`);
  const dimensions = await cursor.uint32();
  if (dimensions > mostDimensions) fail(`tensor ${name} has ${dimensions} dimensions, the format allows ${mostDimensions}; the file is damaged`);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) shape.unshift(await cursor.uint64());
  const code = await cursor.uint32();
  const start = await cursor.uint64();
  const type = tensorTypes.get(code) ?? { name: `ggml type ${code}`, blockSize: 1, blockBytes: Number.NaN };
  const row = shape.at(-1) ?? 1;
  if (row % type.blockSize !== 0) fail(`tensor ${name} has rows of ${row}, which ${type.name} cannot store: it has blocks of ${type.blockSize}`);
  if (start % alignment !== 0) fail(`tensor ${name} begins at ${start}, which is not a multiple of ${alignment}; the file is damaged`);
  const count = sizeOf(shape);
  return { name, type, shape, start, end: start + (count / type.blockSize) * type.blockBytes };
}
