import {
  add,
  concat,
  type Dim,
  divideDims,
  elementCount,
  expand,
  matmul,
  multiply,
  multiplyDims,
  reshape,
  softmax,
  split,
  type Tensor,
  transpose,
} from "../graph/graph.ts";

export interface AttentionOptions {
  /** Added to the scores before the softmax; broadcasts to [batch, heads, tokens, keyTokens] (`masks.ts` makes them). */
  readonly bias?: Tensor | undefined;
  /** Factor of the scores. Default: `1/√headDim`. */
  readonly scale?: number;
}

/**
 * Scaled dot-product attention: `softmax(scale·QKᵀ + bias)·V`.
 *
 * There may be fewer key heads than query heads (grouped queries): query head `h` looks at key head `⌊h·keyHeads/heads⌋`, and keys are never
 * copied. Keys and values may come in parts that follow one another, such as a cache and what is new: each part is scored apart and
 * only the scores are joined, so that the cache is never copied.
 * @param queries - [batch, heads, tokens, headDim]
 * @param keys - [batch, keyHeads, keyTokens, headDim], or parts of it along keyTokens
 * @param values - [batch, keyHeads, keyTokens, valueDim], or parts of it in the same way
 * @returns [batch, heads, tokens, valueDim]
 */
export function attention(queries: Tensor, keys: Tensor | readonly Tensor[], values: Tensor | readonly Tensor[], options: AttentionOptions = {}): Tensor {
  const [batch, heads, tokens, headDim] = queries.shape as readonly [Dim, Dim, Dim, Dim];
  const { bias, scale = 1 / Math.sqrt(Number(headDim)) } = options;
  const keyParts = parts(keys);
  const valueParts = parts(values);
  if (keyParts.length !== valueParts.length) throw new Error(`attention: ${keyParts.length} parts of keys, but ${valueParts.length} of values`);
  const keyHeads = keyParts[0]!.shape[1]!;
  const group = divideDims(heads, keyHeads);
  if (group === undefined) throw new Error(`attention: ${heads} query heads cannot share ${keyHeads} key heads evenly`);
  const rows = multiplyDims(group, tokens);
  const sizes = keyParts.map(({ shape }) => shape[2]!);

  // The queries that share a key head are stacked as more rows for it.
  const grouped = reshape(multiply(queries, scale), [batch, keyHeads, rows, headDim]);
  const scores = concat(
    keyParts.map((part) => matmul(grouped, part, { transposeB: true })),
    3,
  ); // [batch, keyHeads, group*tokens, keyTokens]
  const weights = softmax(bias === undefined ? scores : add(scores, stacked(bias, group, keyHeads, tokens)));
  const weightParts = split(weights, 3, sizes);
  const attended = weightParts.map((part, i) => matmul(part, valueParts[i]!)).reduce((total, part) => add(total, part)); // [batch, keyHeads, group*tokens, valueDim]
  return reshape(attended, [batch, heads, tokens, attended.shape[3]!]);
}

/** The bias for stacked queries. Layers that share a bias share this as well. @returns broadcasts to [batch, keyHeads, group*tokens, keyTokens] */
function stacked(bias: Tensor, group: Dim, keyHeads: Dim, tokens: Dim): Tensor {
  const [batch, heads, , keyTokens] = bias.shape as readonly [Dim, Dim, Dim, Dim];
  if (group === 1) return bias;
  const perHead = expand(bias, [batch, heads === 1 ? group : heads, tokens, keyTokens]);
  return reshape(perHead, [batch, heads === 1 ? 1 : keyHeads, multiplyDims(group, tokens), keyTokens]);
}

function parts(tensors: Tensor | readonly Tensor[]): readonly Tensor[] {
  return Array.isArray(tensors) ? tensors : [tensors as Tensor];
}

/** @param x - [batch, tokens, heads*headDim] @returns [batch, heads, tokens, headDim] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape as readonly [Dim, Dim, Dim];
  const headDim = divideDims(width, heads);
  if (headDim === undefined) throw new Error(`a width of ${width} cannot be split into ${heads} heads evenly`);
  return transpose(reshape(x, [batch, tokens, heads, headDim]), [0, 2, 1, 3]);
}

/** @param x - [batch, heads, tokens, headDim] @returns [batch, tokens, heads*headDim] */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, tokens, headDim] = x.shape as readonly [Dim, Dim, Dim, Dim];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, elementCount([heads, headDim])]);
}
