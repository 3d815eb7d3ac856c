import { itemMetric } from "./metric.ts";

export interface RelevantCandidates {
  /** The model's, of each candidate. */
  readonly scores: readonly number[];
  /** What people found, of each candidate: 0 to 1. */
  readonly relevance: readonly number[];
}

/**
 * Normalised discounted cumulative gain as VisDial's challenge computes it: over as many candidates as are relevant at all. Of equal scores the earlier candidate comes first.
 */
export const ndcg = itemMetric<RelevantCandidates>("NDCG", ({ scores, relevance }) => {
  const count = relevance.filter((each) => each !== 0).length;
  if (count === 0) throw new Error("NDCG: a question has no relevant candidate");
  const gain = (order: readonly number[]): number =>
    order.slice(0, count).reduce((sum, candidate, rank) => sum + relevance[candidate]! / Math.log2(rank + 2), 0);
  return gain(ranking(scores)) / gain(ranking(relevance));
});

/** Indices from the highest score to the lowest; of equal ones the earlier first. */
export function ranking(scores: readonly number[]): number[] {
  return scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
}
