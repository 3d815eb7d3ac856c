import { RuntimeError } from "./errors.ts";
import { arrayOf, describeTensor, type HostData, type HostTensor, sizeOf } from "./host-tensor.ts";

/** Where a block of values goes inside a larger tensor of the same rank. */
export interface BlockPlace {
  /** The axis along which the block is shorter than the tensor. */
  readonly axis: number;
  /** Where along `axis` the block begins: one number, or one for each row of axis 0 (then `axis` is not 0). */
  readonly offset: number | readonly number[];
  /** How much of the block is copied along `axis`, for each row of axis 0: the rest is padding and stays out. Default: all of it. */
  readonly lengths?: readonly number[];
}

/** Copies `source` into `target` at `place`. Throws, before anything is written, when it does not fit. */
export function writeBlock(target: HostTensor, source: HostTensor, place: BlockPlace): void {
  const { axis, offset, lengths } = place;
  checkBlock(target, source, place);
  const outer = sizeOf(source.shape.slice(0, axis));
  const inner = sizeOf(source.shape.slice(axis + 1));
  const outerPerRow = outer / (axis === 0 ? 1 : source.shape[0]!);
  const sourceSize = source.shape[axis]!;
  const targetSize = target.shape[axis]!;
  for (let i = 0; i < outer; i++) {
    const row = Math.floor(i / outerPerRow);
    const start = typeof offset === "number" ? offset : offset[row]!;
    const length = lengths?.[row] ?? sourceSize;
    copy(target.data, (i * targetSize + start) * inner, source.data, i * sourceSize * inner, length * inner);
  }
}

function checkBlock(target: HostTensor, source: HostTensor, { axis, offset, lengths }: BlockPlace): void {
  const what = `writing ${describeTensor(source)} into ${describeTensor(target)} along axis ${axis}`;
  const fits =
    source.dtype === target.dtype && source.shape.length === target.shape.length && source.shape.every((size, i) => i === axis || size === target.shape[i]);
  if (!fits) throw new RuntimeError(`${what}: dtypes and all other axes must be equal`);
  const size = source.shape[axis];
  if (size === undefined) throw new RuntimeError(`${what}: there is no such axis`);
  const rows = source.shape[0]!;
  for (const [name, list] of [
    ["offset", offset],
    ["lengths", lengths],
  ] as const) {
    if (list === undefined || typeof list === "number") continue;
    if (axis === 0) throw new RuntimeError(`${what}: ${name} per row needs another axis than 0, which is the row`);
    if (list.length !== rows) throw new RuntimeError(`${what}: ${name} has ${list.length} entries for ${rows} rows`);
  }
  const count = typeof offset === "number" && lengths === undefined ? 1 : rows;
  for (let row = 0; row < count; row++) {
    const start = typeof offset === "number" ? offset : offset[row]!;
    const length = lengths?.[row] ?? size;
    if (!(Number.isInteger(start) && start >= 0 && Number.isInteger(length) && length >= 0 && length <= size && start + length <= target.shape[axis]!)) {
      throw new RuntimeError(`${what}: ${length} positions from ${start} on do not fit (row ${row})`);
    }
  }
}

/** The rows `indices` of axis 0, in that order; a row may come more than once or not at all. */
export function gatherRows(source: HostTensor, indices: readonly number[]): HostTensor {
  const rows = source.shape[0];
  if (rows === undefined) throw new RuntimeError(`${describeTensor(source)} has no rows to gather`);
  const inner = sizeOf(source.shape.slice(1));
  const data = new arrayOf[source.dtype](indices.length * inner);
  indices.forEach((index, i) => {
    if (!(Number.isInteger(index) && index >= 0 && index < rows))
      throw new RuntimeError(`row ${index} was asked of ${describeTensor(source)}, which has rows 0 to ${rows - 1}`);
    copy(data, i * inner, source.data, index * inner, inner);
  });
  return { dtype: source.dtype, shape: [indices.length, ...source.shape.slice(1)], data };
}

/**
 * Makes axis 0 the rows `indices` of what it was. Rows that stay where they are cost nothing, and where the result has no more rows than there were, the memory stays the same:
 * leaving out a few of many rows moves only as many.
 */
export function selectRows(source: HostTensor, indices: readonly number[]): HostTensor {
  const rows = source.shape[0];
  // Each row must be read before something else is written over it; where that takes more than going through them in order, a copy is simpler.
  if (rows === undefined || indices.length > rows || indices.some((index, i) => index < i)) return gatherRows(source, indices);
  const inner = sizeOf(source.shape.slice(1));
  indices.forEach((index, i) => {
    if (!(Number.isInteger(index) && index < rows))
      throw new RuntimeError(`row ${index} was asked of ${describeTensor(source)}, which has rows 0 to ${rows - 1}`);
    if (index !== i) copy(source.data, i * inner, source.data, index * inner, inner);
  });
  return { dtype: source.dtype, shape: [indices.length, ...source.shape.slice(1)], data: source.data.subarray(0, indices.length * inner) };
}

/** The rows of both. Where the memory of the first has room for them, because rows have left it, the first is not copied. */
export function appendRows(target: HostTensor, source: HostTensor): HostTensor {
  const { dtype, shape, data } = target;
  if (source.dtype !== dtype || shape.length === 0 || source.shape.length !== shape.length || shape.some((size, i) => i > 0 && size !== source.shape[i]))
    throw new RuntimeError(
      `the rows of ${describeTensor(source)} cannot follow those of ${describeTensor(target)}: dtypes and all axes but the first must be equal`,
    );
  const room = new arrayOf[dtype](data.buffer as ArrayBuffer, data.byteOffset);
  const size = data.length + source.data.length;
  const fits = size <= room.length;
  const joined = fits ? room.subarray(0, size) : new arrayOf[dtype](size);
  if (!fits) copy(joined, 0, data, 0, data.length);
  copy(joined, data.length, source.data, 0, source.data.length);
  return { dtype, shape: [shape[0]! + source.shape[0]!, ...shape.slice(1)], data: joined };
}

/** The same values with `axis` made `size` long: new places are zero, what lies beyond is left out. */
export function resized(source: HostTensor, axis: number, size: number): HostTensor {
  const old = source.shape[axis];
  if (old === undefined || !(Number.isInteger(size) && size >= 0))
    throw new RuntimeError(`axis ${axis} of ${describeTensor(source)} cannot become ${size} long`);
  const shape = source.shape.with(axis, size);
  const target = { dtype: source.dtype, shape, data: new arrayOf[source.dtype](sizeOf(shape)) };
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  for (let i = 0; i < outer; i++) copy(target.data, i * size * inner, source.data, i * old * inner, Math.min(old, size) * inner);
  return target;
}

function copy(target: HostData, targetStart: number, source: HostData, sourceStart: number, count: number): void {
  // Both arrays are of one dtype; the types of bigint and number arrays keep TypeScript from seeing it.
  (target as Uint8Array).set((source as Uint8Array).subarray(sourceStart, sourceStart + count), targetStart);
}
