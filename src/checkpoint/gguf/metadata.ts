import type { Fail } from "../places.ts";
import type { HeaderCursor } from "./header-cursor.ts";

interface FixedType {
  readonly size: number;
  read(view: DataView, at: number): number | bigint | boolean;
}

/** Value types of a fixed size, by the number that the format gives them. */
const fixedTypes: ReadonlyMap<number, FixedType> = new Map<number, FixedType>([
  [0, { size: 1, read: (view, at) => view.getUint8(at) }],
  [1, { size: 1, read: (view, at) => view.getInt8(at) }],
  [2, { size: 2, read: (view, at) => view.getUint16(at, true) }],
  [3, { size: 2, read: (view, at) => view.getInt16(at, true) }],
  [4, { size: 4, read: (view, at) => view.getUint32(at, true) }],
  [5, { size: 4, read: (view, at) => view.getInt32(at, true) }],
  [6, { size: 4, read: (view, at) => view.getFloat32(at, true) }],
  [7, { size: 1, read: (view, at) => view.getUint8(at) !== 0 }],
  [10, { size: 8, read: (view, at) => exact(view.getBigUint64(at, true)) }],
  [11, { size: 8, read: (view, at) => exact(view.getBigInt64(at, true)) }],
  [12, { size: 8, read: (view, at) => view.getFloat64(at, true) }],
]);
const textType = 8;
const arrayType = 9;
/** Arrays in arrays; no known file has any. */
const deepestArray = 4;
/** A text's length alone, or an array's type and length. */
const leastElement = 8;

function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** @returns numbers (64-bit ones beyond 2^53 as bigint), booleans, texts by key, and arrays of them */
export async function readMetadata(cursor: HeaderCursor, count: number, fail: Fail): Promise<Readonly<Record<string, unknown>>> {
  const entries = new Map<string, unknown>();
  for (let i = 0; i < count; i++) {
    const key = await cursor.text(`the key of metadata entry ${i}`);
    if (entries.has(key)) fail(`its metadata have two entries ${key}; the file is damaged`);
    entries.set(key, await readValue(cursor, await cursor.uint32(), key, deepestArray, fail));
  }
  return Object.fromEntries(entries);
}

async function readValue(cursor: HeaderCursor, type: number, key: string, depth: number, fail: Fail): Promise<unknown> {
  const fixed = fixedTypes.get(type);
  if (fixed !== undefined) return (await cursor.values(1, fixed.size, fixed.read))[0];
  if (type === textType) return cursor.text(`metadata ${key}`);
  if (type !== arrayType) return fail(`metadata ${key} is of type ${type}, which the format does not have; the file is damaged`);
  if (depth === 0) return fail(`metadata ${key} are arrays in arrays, more than ${deepestArray} deep; the file is damaged`);
  const elementType = await cursor.uint32();
  const length = await cursor.uint64();
  const element = fixedTypes.get(elementType);
  if (length * (element?.size ?? leastElement) > cursor.remaining)
    return fail(`metadata ${key} is an array of ${length}, more than the rest of the file can hold; the file is cut short or damaged`);
  if (element !== undefined) return cursor.values(length, element.size, element.read);
  if (elementType === textType) return cursor.texts(length, `metadata ${key}`);
  const values: unknown[] = [];
  for (let i = 0; i < length; i++) values.push(await readValue(cursor, elementType, key, depth - 1, fail));
  return values;
}
