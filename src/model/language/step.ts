/** What attention needs to know where exactly one token of each row is read, into caches that are written where they lie. */
import { cast, type Dim, fitsCachedAttention, iota, mergeAxes, type RotaryAngles, reshape, type Tensor } from "../../graph/graph.ts";
import { alibiScores } from "../../nn/positions.ts";
import { blockAngles, turns, windowOf } from "./block-positions.ts";
import type { LanguageConfig } from "./config.ts";

/** What one block's attention sees in such a step. */
export interface StepContext {
  /** How many places of each row's cache are taken: int32 [batch]. */
  readonly lengths: Tensor;
  /** How many tokens attention looks back at, the new one included. Default: all. */
  readonly window?: number | undefined;
  /** Cosines and sines of every place there may be, [maxTokens, pairs], where attention's node itself turns queries and keys. */
  readonly tables?: RotaryAngles | undefined;
  /** Those of the tokens, [batch, 1, pairs], where it cannot turn so many channels. */
  readonly rotary?: RotaryAngles | undefined;
  /** Added to the scores: [batch, heads, 1, size]. */
  readonly bias?: Tensor | undefined;
}

/** Whether ONNX Runtime has a node for this model's attention to a cache: not where scores come from the keys' distances (Transformer-XL), nor for heads of other sizes than it takes. */
export function hasStep({ positions, headDim }: LanguageConfig): boolean {
  return positions.kind !== "relative" && fitsCachedAttention(headDim);
}

/**
 * The contexts of a step, by block.
 * @param lengths - how many places of each row's cache are taken: int64 [batch]
 * @param size - places of the caches
 */
export function stepContexts(config: LanguageConfig, lengths: Tensor, size: Dim): (block: number) => StepContext {
  const { positions, heads, headDim, maxTokens } = config;
  const queries = reshape(cast(lengths, "float32"), [lengths.shape[0]!, 1]);
  const places = (count: Dim): Tensor => reshape(cast(iota(count), "float32"), [1, count]);
  const inNode = positions.kind === "rotary" && fitsCachedAttention(headDim, (headDim * positions.share) / 2);
  const turning = (inWindow: boolean): Pick<StepContext, "tables" | "rotary"> => {
    // ONNX Runtime computes the tables once, when it compiles the graph, and with the same arithmetic as elsewhere: keys must not depend on the graph that made them.
    const angles = blockAngles(config, inNode ? places(maxTokens) : queries, inWindow);
    if (angles === undefined || !inNode) return { rotary: angles };
    return { tables: { cosine: mergeAxes(angles.cosine, 0, 1), sine: mergeAxes(angles.sine, 0, 1) } };
  };
  const shared = {
    lengths: cast(lengths, "int32"),
    bias: positions.kind === "alibi" ? alibiScores({ queries, keys: places(size) }, heads, positions.maxBias) : undefined,
  };
  const [whole, inWindow] = [turning(false), turning(true)];
  return (block) => {
    const window = windowOf(config, block);
    return { ...shared, window, ...(turns(config, block) ? (window === undefined ? whole : inWindow) : {}) };
  };
}
