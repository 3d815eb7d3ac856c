import { type Dim, input, type Tensor } from "../../graph/graph.ts";

/**
 * Which media each text position sees. Media of the whole batch are flat, in order of appearance, row after row; there is at least one
 * (a batch without media feeds one that nobody sees).
 */
export type MediaView = LastMedium | AllPreviousMedia;

/** Only the last medium before the position, or at it (the paper's rule): text is cut into one segment per medium. */
export interface LastMedium {
  readonly attend: "last";
  /** int64 [media, segment]: places in the flattened `batch*tokens` of each medium's text, filled up with 0. */
  readonly segmentTokens: Tensor;
  /** int64 [batch, tokens]: each position's row among `media*segment`, or `media*segment` when it sees no medium. */
  readonly segmentSlots: Tensor;
}

/** Every medium of the same example up to the position (appendix ablation ii). */
export interface AllPreviousMedia {
  readonly attend: "all";
  /** int64 [batch, tokens]: the first medium seen. */
  readonly firstMedium: Tensor;
  /** int64 [batch, tokens]: one past the last medium seen; equal to `firstMedium` when none is. */
  readonly endMedium: Tensor;
}

/** The view as graph inputs, named as the fields. @param tokens - of each row */
export function mediaViewInputs(attend: MediaView["attend"], tokens: Dim = "tokens"): MediaView {
  if (attend === "last") {
    return { attend, segmentTokens: input("segmentTokens", "int64", ["media", "segment"]), segmentSlots: input("segmentSlots", "int64", ["batch", tokens]) };
  }
  return { attend, firstMedium: input("firstMedium", "int64", ["batch", tokens]), endMedium: input("endMedium", "int64", ["batch", tokens]) };
}

/** Keys and values of one fusion layer, computed once per medium. */
export interface MediaKeysValues {
  readonly key: Tensor; // [media, heads, latents, headDim]
  readonly value: Tensor; // [media, heads, latents, headDim]
}
