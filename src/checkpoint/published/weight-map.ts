/**
 * How a published checkpoint's tensors become a model's weights, as data: which tensor, and which part of it; and which tensors the model does without. Nothing is read until the weights
 * are. Every tensor of a file is accounted for: it is used, it is listed as harmless, or it is an error, since a model without it would give other answers than its authors' code.
 */
import { type HostTensor, sizeOf } from "../../runtime/host-tensor.ts";
import { CheckpointError, firstTen } from "../errors.ts";
import type { StoredWeight } from "../weight-file.ts";

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
  /** Added to every value. */
  readonly added?: number;
  /** Other published tensors that the weight is made with, and how: a batch norm is folded into the layer before it. */
  readonly madeWith?: { readonly tensors: readonly string[]; readonly make: (values: Float32Array, others: readonly Float32Array[]) => Float32Array };
}

/** Every published tensor that a weight is made of. */
export function tensorsOf({ from, madeWith }: WeightOrigin): readonly string[] {
  return madeWith === undefined ? [from] : [from, ...madeWith.tensors];
}

/** Published tensors that a model does without. */
export interface Harmless {
  /** What their names begin with. */
  readonly prefix: string;
  /** The rest of their names, tested from beginning to end. */
  readonly names: Pick<RegExp, "test">;
  /** What they are, for readers and errors. */
  readonly what: string;
  /** Whether a tensor of this shape can be that. Default: of any. */
  readonly shaped?: (shape: readonly number[]) => boolean;
  /** The published tensor that holds the same values: one that holds others is an error. */
  readonly sameAs?: (name: string) => string;
  /** Whether these are the values that make it harmless: others are an error. Default: any are. */
  readonly holds?: (values: HostTensor["data"], shape: readonly number[]) => boolean;
}

export interface WeightMap {
  /** By parameter path. */
  readonly origins: ReadonlyMap<string, WeightOrigin>;
  /** Of several that fit a name the first counts. */
  readonly harmless: readonly Harmless[];
}

/** What a model expects: shapes by parameter path. */
export type ExpectedShapes = ReadonlyMap<string, readonly number[]>;

type Headers = ReadonlyMap<string, Pick<StoredWeight, "shape" | "storedAs" | "unreadable">>;

/** These names alone. */
export function exactly(...names: readonly string[]): Harmless["names"] {
  const set = new Set(names);
  return { test: (name) => set.has(name) };
}

/** Several maps as one; of two origins of a weight the last counts. */
export function joinedMaps(...maps: readonly WeightMap[]): WeightMap {
  return { origins: new Map(maps.flatMap(({ origins }) => [...origins])), harmless: maps.flatMap(({ harmless }) => harmless) };
}

/** Which of a map's harmless tensors one is. Undefined: none. */
export function harmlessAs({ harmless }: WeightMap, name: string, shape: readonly number[]): Harmless | undefined {
  return harmless.find(
    ({ prefix, names, shaped }) => name.startsWith(prefix) && names.test(name.slice(prefix.length)) && (shaped === undefined || shaped(shape)),
  );
}

/**
 * @param expected - everything that these tensors are for
 * @throws CheckpointError naming the first ten weights that are missing, of another size or unreadable, or the first ten tensors that are for nothing
 */
export function checkMap(map: WeightMap, published: Headers, expected: ExpectedShapes, name: string): void {
  const problems = [...expected].flatMap(([path, shape]) => {
    const problem = problemWith(map.origins.get(path), published, shape);
    return problem === undefined ? [] : [`${path} [${shape.join(", ")}]${problem}`];
  });
  if (problems.length > 0)
    throw new CheckpointError(`${firstTen(`${name}: its tensors do not fit the model`, problems)}\nIs it a checkpoint of another model?`);
  const used = new Set([...expected.keys()].flatMap((path) => tensorsOf(map.origins.get(path)!)));
  const unknown = [...published].filter(([tensor, { shape }]) => !used.has(tensor) && harmlessAs(map, tensor, shape) === undefined);
  if (unknown.length > 0)
    throw new CheckpointError(
      `${firstTen(
        `${name} holds what a model of its config does not use, so that answers would not be those of its authors`,
        unknown.map(([tensor, { shape, storedAs }]) => `${tensor} ${storedAs} [${shape.join(", ")}]`),
      )}\nIs its config that of another model, or is it a variant that is not supported?`,
    );
}

function problemWith(origin: WeightOrigin | undefined, published: Headers, shape: readonly number[]): string | undefined {
  if (origin === undefined) return " comes from nowhere in a checkpoint of this kind";
  for (const tensor of tensorsOf(origin)) {
    const found = published.get(tensor);
    if (found === undefined) return `: ${tensor} is missing`;
    if (found.unreadable !== undefined) return `: ${tensor} ${found.unreadable}`;
    if (/^u?int|^bool/.test(found.storedAs)) return `: ${tensor} holds ${found.storedAs}, expected were floating point numbers`;
  }
  const found = published.get(origin.from)!;
  const problem = misfit(origin, found.shape, shape);
  return problem === undefined ? undefined : `: ${origin.from} [${found.shape.join(", ")}] ${problem}`;
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
