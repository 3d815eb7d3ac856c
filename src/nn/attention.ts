import {
  add,
  concat,
  type Dim,
  divideDims,
  matmul,
  mergeAxes,
  multiply,
  reshape,
  softmax,
  split,
  splitAxis,
  type Tensor,
  tanh,
  transpose,
} from "../graph/graph.ts";

export interface AttentionOptions {
  /** Added to the scores before the softmax; broadcasts to [..., heads, tokens, keyTokens] (`masks.ts` makes them). */
  readonly bias?: Tensor | undefined;
  /** Factor of the scores. Default: `1/√headDim`. */
  readonly scale?: number;
  /** Largest score: beyond it a tanh flattens, before the bias. Default: none. */
  readonly cap?: number | undefined;
  readonly watch?: AttentionWatch | undefined;
}

/** Is shown the weights of an attention while its graph is built, [..., heads, tokens, keyTokens]: whoever wants them makes them outputs. A graph that nobody watches is as it would be without. */
export type AttentionWatch = (weights: Tensor) => void;

/**
 * Scaled dot-product attention: `softmax(scale·QKᵀ + bias)·V`.
 *
 * Queries may have more leading axes than keys, which are broadcast along them and never copied: so groups of heads share theirs (`splitHeads`).
 * Keys and values may come in parts that follow one another, such as a cache and what is new: each part is scored apart and
 * only the scores are joined, so that the cache is never copied.
 * @param queries - [..., heads, tokens, headDim]
 * @param keys - [batch, heads, keyTokens, headDim], or parts of it along keyTokens
 * @param values - [batch, heads, keyTokens, valueDim], or parts of it in the same way
 * @returns [..., heads, tokens, valueDim]
 */
export function attention(queries: Tensor, keys: Tensor | readonly Tensor[], values: Tensor | readonly Tensor[], options: AttentionOptions = {}): Tensor {
  const { bias, scale = 1 / Math.sqrt(Number(queries.shape.at(-1)!)), cap, watch } = options;
  const keyParts = parts(keys);
  const valueParts = parts(values);
  if (keyParts.length !== valueParts.length) throw new Error(`attention: ${keyParts.length} parts of keys, but ${valueParts.length} of values`);

  const scaled = multiply(queries, scale);
  const scores = capped(
    concat(
      keyParts.map((part) => matmul(scaled, part, { transposeB: true })),
      -1,
    ),
    cap,
  ); // [..., heads, tokens, keyTokens]
  const weights = softmax(bias === undefined ? scores : add(scores, bias));
  watch?.(weights);
  const sizes = keyParts.map(({ shape }) => shape.at(-2)!);
  return split(weights, -1, sizes)
    .map((part, i) => matmul(part, valueParts[i]!))
    .reduce((total, part) => add(total, part)); // [..., heads, tokens, valueDim]
}

/** `cap·tanh(x/cap)`: nearly `x` where it is small. @param cap - default: none */
export function capped(x: Tensor, cap: number | undefined): Tensor {
  return cap === undefined ? x : multiply(tanh(multiply(x, 1 / cap)), cap);
}

function parts(tensors: Tensor | readonly Tensor[]): readonly Tensor[] {
  return Array.isArray(tensors) ? tensors : [tensors as Tensor];
}

/**
 * There may be fewer key heads than query heads (grouped queries): query head `h` looks at key head `⌊h·keyHeads/heads⌋`. The heads that share one are then axes apart, so that a
 * product with its keys is one of a single row while tokens are generated one by one: ONNX Runtime packs keys anew for a product of more rows.
 * @param x - [batch, tokens, heads*headDim]
 * @returns [batch, heads, tokens, headDim], or with fewer key heads [heads/keyHeads, batch, keyHeads, tokens, headDim]
 */
export function splitHeads(x: Tensor, heads: number, keyHeads = heads): Tensor {
  const [batch, tokens, width] = x.shape as readonly [Dim, Dim, Dim];
  const headDim = divideDims(width, heads);
  if (headDim === undefined) throw new Error(`a width of ${width} cannot be split into ${heads} heads evenly`);
  if (keyHeads === heads) return transpose(reshape(x, [batch, tokens, heads, headDim]), [0, 2, 1, 3]);
  const group = heads / keyHeads;
  if (!Number.isInteger(group)) throw new Error(`attention: ${heads} query heads cannot share ${keyHeads} key heads evenly`);
  return transpose(reshape(x, [batch, tokens, keyHeads, group, headDim]), [3, 0, 2, 1, 4]);
}

/** Undoes `splitHeads`. @returns [batch, tokens, heads*headDim] */
export function joinHeads(x: Tensor): Tensor {
  const apart = transpose(x, x.shape.length === 4 ? [0, 2, 1, 3] : [1, 3, 2, 0, 4]); // [batch, tokens, ..., headDim]
  return mergeAxes(apart, 2, apart.shape.length - 1);
}

/** A bias of each query head, [batch, heads, tokens, keyTokens], as it meets the scores of `splitHeads`' queries. One that all heads share stays as it is. */
export function splitBias(bias: Tensor, keyHeads: number): Tensor {
  const heads = bias.shape[1]!;
  return heads === 1 || heads === keyHeads ? bias : transpose(splitAxis(bias, 1, [keyHeads, undefined]), [2, 0, 1, 3, 4]);
}
