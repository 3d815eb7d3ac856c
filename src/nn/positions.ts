/** Where tokens stand, and the ways in which attention learns of it that need no parameters. */
import {
  add,
  and,
  cast,
  concat,
  constant,
  cos,
  type Dim,
  equal,
  expand,
  iota,
  less,
  lessOrEqual,
  multiply,
  type RotaryAngles,
  reshape,
  sin,
  subtract,
  type Tensor,
  where,
} from "../graph/graph.ts";
import { asKeys, asQueries, causalBias, forbidden } from "./masks.ts";
import { type RotaryScaling, turns } from "./rotary-scaling.ts";

/** The positions of one pass of causal self-attention. `rows` is the batch where rows differ, else 1. */
export interface Positions {
  /** Of the tokens, int64 [rows, tokens]. */
  readonly tokens: Tensor;
  /** Of the queries, float32 [rows, tokens]. */
  readonly queries: Tensor;
  /** Of the keys, float32 [rows, prefix+past+tokens]; without a prefix [rows, past+tokens]. */
  readonly keys: Tensor;
  /** Lets each token see itself and what came before, and nothing of a cache beyond its valid rows; [rows, 1, tokens, prefix+past+tokens]. */
  readonly causal: Tensor;
}

/** What new tokens follow. */
export interface Cached {
  /** How many cache rows of each row are valid: int64 [batch]. */
  readonly pastLengths: Tensor;
  /** How many cache rows there are. */
  readonly past: Dim;
  /** What all rows have in common, before their caches: how much of it is valid (int64 [1]), and how much there is. */
  readonly prefix?: { readonly length: Tensor; readonly size: Dim };
  /**
   * Continuations beside each other: each token's branch (0: what all branches continue) and its place after the past, both int64 [batch, tokens]. A token sees its own
   * branch and branch 0.
   */
  readonly branches?: { readonly branch: Tensor; readonly place: Tensor };
}

/** Positions of `tokens` new tokens. @param cached - when they continue something */
export function tokenPositions(tokens: Dim, cached?: Cached): Positions {
  const fresh = reshape(iota(tokens), [1, tokens]);
  if (cached === undefined) {
    const queries = cast(fresh, "float32");
    return { tokens: fresh, queries, keys: queries, causal: causalBias(queries, queries) };
  }
  const { pastLengths, past, prefix, branches } = cached;
  const batch = pastLengths.shape[0]!;
  const own = reshape(pastLengths, [batch, 1]);
  const before = prefix === undefined ? undefined : reshape(prefix.length, [1, 1]);
  const start = before === undefined ? own : add(own, before);
  const positions = add(start, branches?.place ?? fresh); // [batch, tokens]
  const queries = cast(positions, "float32");
  const old = cacheKeys(past, own, before);
  const parts = prefix === undefined || before === undefined ? [old] : [cacheKeys(prefix.size, before), old];
  const everyRow = (x: Tensor): Tensor => expand(x, [batch, x.shape[1]!]);
  const unbranched = causalBias(queries, queries);
  return {
    tokens: positions,
    queries,
    keys: concat([...parts.map((part) => everyRow(part.positions)), queries], 1),
    causal: concat(
      [...parts.map((part) => causalBias(queries, everyRow(part.order))), branches === undefined ? unbranched : branchBias(queries, branches.branch)],
      3,
    ),
  };
}

/** Positions of a cache's rows, and the same for the mask: what lies beyond the valid rows stands after everything. Both [1 or batch, size]. */
function cacheKeys(size: Dim, valid: Tensor, before?: Tensor): { positions: Tensor; order: Tensor } {
  const place = reshape(cast(iota(size), "float32"), [1, size]);
  const positions = before === undefined ? place : add(place, cast(before, "float32"));
  return { positions, order: where(less(place, cast(valid, "float32")), positions, -forbidden) };
}

/** As {@link causalBias} among tokens that lie in branches. @param branch - int64 [batch, tokens] */
function branchBias(queries: Tensor, branch: Tensor): Tensor {
  const ofKey = asKeys(cast(branch, "float32"));
  const elsewhere = multiply(ofKey, subtract(ofKey, asQueries(cast(branch, "float32")))); // 0 in branch 0 and in the query's own
  return where(and(lessOrEqual(asKeys(queries), asQueries(queries)), equal(elsewhere, 0)), 0, forbidden);
}

/**
 * The angles of rotary positions: pair `i` of a head turns by `position · base^(-2i/dims)` (Su et al., RoFormer), unless they are stretched.
 * @param positions - float32 [rows, tokens]
 * @param dims - how many channels of each head turn; even
 */
export function rotaryAngles(positions: Tensor, dims: number, base: number, scaling?: RotaryScaling): RotaryAngles {
  const { perPosition, magnitude } = turns(dims, base, scaling);
  const angles = multiply(reshape(positions, [...positions.shape, 1]), constant(perPosition)); // [rows, tokens, dims/2]
  const [cosine, sine] = [cos(angles), sin(angles)];
  return magnitude === 1 ? { cosine, sine } : { cosine: multiply(cosine, magnitude), sine: multiply(sine, magnitude) };
}

/** Of a causal bias, what reaches no further back than `window` tokens, the query's own included. */
export function windowedBias({ queries, keys, causal }: Positions, window: number): Tensor {
  return where(less(subtract(asQueries(queries), asKeys(keys)), window), causal, forbidden);
}

/**
 * ALiBi's slope of each head (Press et al.): `2^(-maxBias·k/heads)` for k = 1, 2, …; where the number of heads is no power of two, those
 * of the next power of two, every second one first.
 */
export function alibiSlopes(heads: number, maxBias = 8): readonly number[] {
  const power = 2 ** Math.ceil(Math.log2(heads));
  const slopes = Array.from({ length: power }, (_, k) => 2 ** ((-maxBias * (k + 1)) / power));
  if (power === heads) return slopes;
  return [...slopes.filter((_, k) => k % 2 === 1), ...slopes.filter((_, k) => k % 2 === 0)].slice(0, heads);
}

/** Causal attention whose scores fall with distance, in each head by its slope. @returns [rows, heads, tokens, past+tokens] */
export function alibiBias({ causal, ...positions }: Positions, heads: number, maxBias = 8): Tensor {
  return where(less(causal, 0), forbidden, alibiScores(positions, heads, maxBias));
}

/** What ALiBi adds to the scores of keys that are seen. @returns [rows, heads, tokens, keyTokens] */
export function alibiScores({ queries, keys }: Pick<Positions, "queries" | "keys">, heads: number, maxBias = 8): Tensor {
  const distance = subtract(asKeys(keys), asQueries(queries)); // [rows, 1, tokens, keyTokens], at most 0 where visible
  return multiply(distance, constant(alibiSlopes(heads, maxBias), [1, heads, 1, 1]));
}
