/** What a position may look at, as numbers added to the scores before the softmax. */
import { cast, type Dim, iota, less, lessOrEqual, reshape, type Tensor, where } from "../graph/graph.ts";

/**
 * Stands for minus infinity. The softmax of a score this low is exactly 0 beside any allowed one, and, unlike infinity, a row
 * without any allowed position stays finite.
 */
export const forbidden = -1e9;

/**
 * Each query sees the keys that stand no later than itself.
 * @param queries - positions, float32 [rows, tokens]; `rows` is the batch, or 1 where all rows are alike
 * @param keys - positions, float32 [rows, keyTokens]
 * @returns [rows, 1, tokens, keyTokens]
 */
export function causalBias(queries: Tensor, keys: Tensor): Tensor {
  return where(lessOrEqual(asKeys(keys), asQueries(queries)), 0, forbidden);
}

/**
 * Only the first `lengths[row]` keys of each row are there; the rest is padding.
 * @param lengths - int64 [batch]
 * @returns [batch, 1, 1, keyTokens]
 */
export function lengthBias(lengths: Tensor, keyTokens: Dim): Tensor {
  const positions = reshape(cast(iota(keyTokens), "float32"), [1, 1, 1, keyTokens]);
  return where(less(positions, reshape(cast(lengths, "float32"), [lengths.shape[0]!, 1, 1, 1])), 0, forbidden);
}

/** Positions as they meet scores: [rows, tokens] → [rows, 1, tokens, 1]. */
export function asQueries(positions: Tensor): Tensor {
  return reshape(positions, [positions.shape[0]!, 1, positions.shape[1]!, 1]);
}

/** Positions as they meet scores: [rows, keyTokens] → [rows, 1, 1, keyTokens]. */
export function asKeys(positions: Tensor): Tensor {
  return reshape(positions, [positions.shape[0]!, 1, 1, positions.shape[1]!]);
}
