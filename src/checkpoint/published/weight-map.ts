/** How a published checkpoint's tensors become a model's weights, as data: which tensor, and which part of it. Nothing is read until the weights are. */
import { type HostTensor, sizeOf } from "../../runtime/host-tensor.ts";
import { blockTensors } from "../block-tensors.ts";
import { CheckpointError, firstTen } from "../errors.ts";
import type { StoredWeight } from "../weight-file.ts";
import { widened } from "../widen.ts";

/** Where one weight comes from. */
export interface WeightOrigin {
  /** The published tensor. */
  readonly from: string;
  /**
   * How that tensor is seen before rows are taken: its elements in row-major order, in another shape. GPT-NeoX keeps queries, keys and values of each head together:
   * `[heads, 3, headDim, width]`. Default: its own.
   */
  readonly seenAs?: readonly number[];
  /** Taken of it: along `axis` the places `start … end-1`. Default: all. */
  readonly part?: { readonly axis: number; readonly start: number; readonly end: number };
  /** Whether rows and columns of a matrix change places (GPT-2 keeps `[inputs, outputs]`). */
  readonly transposed?: boolean;
}

/** By parameter path. */
export type WeightMap = ReadonlyMap<string, WeightOrigin>;

/** What a model expects: shapes by parameter path. */
export type ExpectedShapes = ReadonlyMap<string, readonly number[]>;

/**
 * Reads a model's weights from published tensors, one after the other, so that no more than one published tensor is held besides what was made of them.
 * @param name - what errors call the checkpoint
 * @param inBlocks - which matrices stay in the blocks of 4 or 8 bits that they are stored in, if they are and nothing is cut out of them: then as `path.codes`, `path.scales` and perhaps
 * `path.offsets`. Default: none, everything becomes float32
 * @throws CheckpointError naming the first ten weights that are missing, of another size or no floating point numbers, before anything is read
 */
export async function* readMapped(
  map: WeightMap,
  published: ReadonlyMap<string, StoredWeight>,
  expected: ExpectedShapes,
  name: string,
  inBlocks: (path: string) => boolean = () => false,
): AsyncGenerator<readonly [path: string, tensor: HostTensor]> {
  checkMap(map, published, expected, name);
  // Weights of one published tensor together, so that it is read once.
  const byOrigin = Map.groupBy(expected, ([path]) => map.get(path)!.from);
  for (const [from, weights] of byOrigin) {
    const stored = published.get(from)!;
    const [first] = weights[0]!;
    if (stored.loadBlocks !== undefined && weights.length === 1 && isWhole(map.get(first)!) && inBlocks(first)) {
      yield* blockTensors(first, await stored.loadBlocks());
      continue;
    }
    const { data } = widened(await stored.load());
    for (const [path, shape] of weights) yield [path, { dtype: "float32", shape, data: taken(data as Float32Array, map.get(path)!, stored.shape) }];
  }
}

/** @throws CheckpointError naming the first ten weights that are missing, of another size or no floating point numbers */
export function checkMap(
  map: WeightMap,
  published: ReadonlyMap<string, Pick<StoredWeight, "shape" | "storedAs">>,
  expected: ExpectedShapes,
  name: string,
): void {
  const problems = [...expected].flatMap(([path, shape]) => {
    const origin = map.get(path);
    if (origin === undefined) return [`${path} [${shape.join(", ")}] comes from nowhere in a checkpoint of this kind`];
    const found = published.get(origin.from);
    if (found === undefined) return [`${path} [${shape.join(", ")}]: ${origin.from} is missing`];
    if (/^u?int|^bool/.test(found.storedAs))
      return [`${path} [${shape.join(", ")}]: ${origin.from} holds ${found.storedAs}, expected were floating point numbers`];
    const problem = misfit(origin, found.shape, shape);
    return problem === undefined ? [] : [`${path} [${shape.join(", ")}]: ${origin.from} [${found.shape.join(", ")}] ${problem}`];
  });
  if (problems.length > 0)
    throw new CheckpointError(`${firstTen(`${name}: its tensors do not fit the model`, problems)}\nIs it a checkpoint of another model?`);
}

function isWhole({ seenAs, part, transposed = false }: WeightOrigin): boolean {
  return seenAs === undefined && part === undefined && !transposed;
}

function misfit({ seenAs, part, transposed = false }: WeightOrigin, stored: readonly number[], wanted: readonly number[]): string | undefined {
  const seen = seenAs ?? stored;
  if (sizeOf(seen) !== sizeOf(stored)) return `cannot be seen as [${seen.join(", ")}]`;
  if (part !== undefined && !(part.end <= (seen[part.axis] ?? 0))) return `has no places ${part.start} to ${part.end} on axis ${part.axis}`;
  const result = part === undefined ? [...seen] : seen.with(part.axis, part.end - part.start);
  const given = transposed ? [...result].reverse() : result;
  // Axes of size 1 and heads that are seen apart say the same as fewer axes.
  if (sizeOf(given) !== sizeOf(wanted)) return `gives [${given.join(", ")}]`;
  const same = given.join() === wanted.join();
  const onlyReshaped = seenAs !== undefined || given.filter((size) => size !== 1).join() === wanted.filter((size) => size !== 1).join();
  return same || onlyReshaped ? undefined : `gives [${given.join(", ")}]`;
}

function taken(data: Float32Array, { seenAs, part, transposed = false }: WeightOrigin, stored: readonly number[]): Float32Array {
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
