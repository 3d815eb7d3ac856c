/** Weights read from published tensors, as a map says where each comes from. */
import { type HostTensor, sizeOf } from "../../runtime/host-tensor.ts";
import { blockTensors } from "../block-tensors.ts";
import { CheckpointError } from "../errors.ts";
import type { QuantisedBlocks, StoredWeight } from "../weight-file.ts";
import { widened } from "../widen.ts";
import { checkMap, type ExpectedShapes, type Harmless, harmlessAs, tensorsOf, type WeightMap, type WeightOrigin } from "./weight-map.ts";

type Published = ReadonlyMap<string, StoredWeight>;

export interface ReadOptions {
  /** Which of the expected weights are read. Default: all. */
  readonly only?: (path: string) => boolean;
  /**
   * Which matrices stay in the blocks of 4 or 8 bits that they are stored in, if they are and are cut by rows at most: then as `path.codes`, `path.scales` and perhaps
   * `path.minimums`. Default: none, everything becomes float32.
   */
  readonly inBlocks?: (path: string) => boolean;
}

/**
 * Reads a model's weights from published tensors, one after the other, so that no more than one published tensor is held besides what was made of them.
 * @param expected - everything that these tensors are for, whatever of it is read
 * @param name - what errors call the checkpoint
 * @throws CheckpointError as {@link checkMap}, and where a tensor that is left out does not hold what makes it harmless, before anything is given
 */
export async function* readMapped(
  map: WeightMap,
  published: Published,
  expected: ExpectedShapes,
  name: string,
  { only = () => true, inBlocks = () => false }: ReadOptions = {},
): AsyncGenerator<readonly [path: string, tensor: HostTensor]> {
  checkMap(map, published, expected, name);
  const wanted = [...expected].filter(([path]) => only(path));
  // Weights of one published tensor together, so that it is read once.
  const byOrigin = Map.groupBy(wanted, ([path]) => map.origins.get(path)!.from);
  const read = new Set(wanted.flatMap(([path]) => tensorsOf(map.origins.get(path)!)));
  await checkLeftOut(map, published, read, name);
  for (const [from, weights] of byOrigin) {
    const stored = published.get(from)!;
    if (stored.blocks !== undefined && weights.every(([path]) => isRows(map.origins.get(path)!) && inBlocks(path))) {
      const blocks = await stored.blocks.load();
      for (const [path] of weights) yield* blockTensors(path, rowsOf(blocks, map.origins.get(path)!.part));
      continue;
    }
    const { data } = widened(await stored.load());
    for (const [path, shape] of weights) {
      const origin = map.origins.get(path)!;
      yield [path, { dtype: "float32", shape, data: await made(taken(data as Float32Array, origin, stored.shape), origin, published) }];
    }
  }
}

/** What is harmless for what it holds: a second copy of what is read, or a factor that does nothing. */
async function checkLeftOut(map: WeightMap, published: Published, read: ReadonlySet<string>, name: string): Promise<void> {
  for (const [tensor, stored] of published) {
    const known = read.has(tensor) ? undefined : harmlessAs(map, tensor, stored.shape);
    if (known === undefined) continue;
    const problem = await problemWith(tensor, known, published, read);
    if (problem !== undefined) throw new CheckpointError(`${name}: ${tensor}, ${known.what}, ${problem}`);
  }
}

async function problemWith(tensor: string, { sameAs, holds }: Harmless, published: Published, read: ReadonlySet<string>): Promise<string | undefined> {
  const stored = published.get(tensor)!;
  const other = sameAs?.(tensor);
  if (other !== undefined && published.get(other) === undefined) return `should hold the same as ${other}, which is missing`;
  if (other !== undefined && read.has(other) && !(await holdTheSame(stored, published.get(other)!)))
    return `holds other values than ${other}; which of them the model should have is not clear: save it again with the right ones alone`;
  if (holds === undefined || holds(widened(await stored.load()).data, stored.shape)) return undefined;
  return "holds other values than a model of its config computes with, which is not supported";
}

async function holdTheSame(a: StoredWeight, b: StoredWeight): Promise<boolean> {
  if (a.shape.join() !== b.shape.join()) return false;
  const [first, second] = [await a.load(), await b.load()];
  const asTheyAre = first.dtype === second.dtype;
  const [left, right] = asTheyAre ? [first.data, second.data] : [widened(first).data, widened(second).data];
  return left.every((value: number | bigint, i: number) => value === right[i]);
}

/** A matrix as it is stored, or some of its rows. */
function isRows({ seenAs, part, transposed = false, added = 0, madeWith }: WeightOrigin): boolean {
  return seenAs === undefined && (part === undefined || part.axis === 0) && !transposed && added === 0 && madeWith === undefined;
}

function rowsOf(blocks: QuantisedBlocks, part: WeightOrigin["part"]): QuantisedBlocks {
  if (part === undefined) return blocks;
  const { start, end } = part;
  const perRow = blocks.columns / blocks.blockSize;
  const bytes = (blocks.columns * blocks.bits) / 8;
  const { codes, scales, minimums } = blocks;
  return {
    ...blocks,
    rows: end - start,
    codes: codes.slice(start * bytes, end * bytes),
    scales: scales.slice(start * perRow, end * perRow),
    ...(minimums === undefined ? {} : { minimums: minimums.slice(start * perRow, end * perRow) }),
  };
}

async function made(values: Float32Array, { madeWith }: WeightOrigin, published: Published): Promise<Float32Array> {
  if (madeWith === undefined) return values;
  const others: Float32Array[] = [];
  for (const tensor of madeWith.tensors) others.push(widened(await published.get(tensor)!.load()).data as Float32Array);
  return madeWith.make(values, others);
}

function taken(data: Float32Array, { added = 0, ...origin }: WeightOrigin, stored: readonly number[]): Float32Array {
  const values = placedAs(data, origin, stored);
  return added === 0 ? values : values.map((value) => value + added);
}

function placedAs(data: Float32Array, { seenAs, part, transposed = false }: WeightOrigin, stored: readonly number[]): Float32Array {
  const seen = seenAs ?? stored;
  const values = part === undefined ? data : placesOf(data, seen, part);
  if (!transposed) return values;
  const [rows, columns] = (part === undefined ? seen : seen.with(part.axis, part.end - part.start)) as readonly [number, number];
  return Float32Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

function placesOf(data: Float32Array, shape: readonly number[], { axis, start, end }: NonNullable<WeightOrigin["part"]>): Float32Array {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const length = (end - start) * inner;
  const kept = new Float32Array(outer * length);
  for (let i = 0; i < outer; i++) {
    const from = (i * shape[axis]! + start) * inner;
    kept.set(data.subarray(from, from + length), i * length);
  }
  return kept;
}
