/** What attention needs to know where exactly one token of each row is read, into caches that are written where they lie. */
import { cast, type Dim, fitsCachedAttention, iota, mergeAxes, type RotaryTable, reshape, type Tensor } from "../../graph/graph.ts";
import { alibiScores } from "../../nn/positions.ts";
import { blockAngles, turns, windowOf } from "./block-positions.ts";
import type { LanguageConfig } from "./config.ts";

/** What one block's attention sees in such a step. */
export interface StepContext {
  /** How many places of each row's cache are taken: int64 [batch]. */
  readonly lengths: Tensor;
  /** How many tokens attention looks back at, the new one included. Default: all. */
  readonly window?: number | undefined;
  /** Angles of every place there may be. */
  readonly table?: RotaryTable | undefined;
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
  const { positions, heads, maxTokens } = config;
  const places = (count: Dim): Tensor => reshape(cast(iota(count), "float32"), [1, count]);
  const tableOf = (inWindow: boolean): RotaryTable | undefined => {
    // ONNX Runtime computes it once, when it compiles the graph, by the arithmetic that keys are turned with elsewhere.
    const angles = blockAngles(config, places(maxTokens), inWindow);
    return angles && { cosine: mergeAxes(angles.cosine, 0, 1), sine: mergeAxes(angles.sine, 0, 1) };
  };
  const tables = { whole: tableOf(false), inWindow: tableOf(true) };
  const queries = reshape(cast(lengths, "float32"), [lengths.shape[0]!, 1]);
  const bias = positions.kind === "alibi" ? alibiScores({ queries, keys: places(size) }, heads, positions.maxBias) : undefined;
  return (block) => {
    const window = windowOf(config, block);
    const table = window === undefined ? tables.whole : tables.inWindow;
    return { lengths, window, bias, table: turns(config, block) ? table : undefined };
  };
}
