import { itemMetric } from "./metric.ts";
import { ranking } from "./ndcg.ts";

export interface RetrievedItems {
  /** Of each item that could be found. */
  readonly scores: readonly number[];
  /** Indices of those that should be. */
  readonly right: readonly number[];
}

/** R@k: share of queries that find one of their right items among the `k` that score highest. */
export function retrievalRecall(k: number): ReturnType<typeof itemMetric<RetrievedItems>> {
  return itemMetric(`R@${k}`, ({ scores, right }) => {
    const first = new Set(ranking(scores).slice(0, k));
    return Number(right.some((item) => first.has(item)));
  });
}
