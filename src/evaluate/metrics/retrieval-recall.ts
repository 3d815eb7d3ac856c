import { itemMetric } from "./metric.ts";

export interface RetrievedItems {
  /** Of each item that could be found. */
  readonly scores: ArrayLike<number>;
  /** Indices of those that should be. */
  readonly right: readonly number[];
}

/** R@k: share of queries that find one of their right items among the `k` that score highest. */
export function retrievalRecall(k: number): ReturnType<typeof itemMetric<RetrievedItems>> {
  return itemMetric(`R@${k}`, (item) => Number(firstRight(item) < k));
}

/** The same of places as {@link firstRight} gives them, where the scores of all queries would be too many to keep. */
export function recallOfPlaces(k: number): ReturnType<typeof itemMetric<number>> {
  return itemMetric(`R@${k}`, (place) => Number(place < k));
}

/** Items that score higher than the best of the right ones; of equal scores the earlier item comes first. Infinity where none is right. */
export function firstRight({ scores, right }: RetrievedItems): number {
  if (right.length === 0) return Number.POSITIVE_INFINITY;
  const best = right.reduce((a, b) => (scores[b]! > scores[a]! || (scores[b] === scores[a] && b < a) ? b : a));
  const score = scores[best]!;
  let before = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > score || (scores[i] === score && i < best)) before++;
  return before;
}
