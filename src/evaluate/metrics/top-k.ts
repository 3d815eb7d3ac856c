import { itemMetric } from "./metric.ts";
import { ranking } from "./ndcg.ts";

export interface RankedClasses {
  /** Of each class. */
  readonly scores: readonly number[];
  /** Index of the right one. */
  readonly right: number;
}

/** Share of items whose right class is among the `k` that score highest. */
export function topK(k: number): ReturnType<typeof itemMetric<RankedClasses>> {
  return itemMetric(`top-${k}`, (item) => inTop(item, k));
}

/** Mean of top-1 and top-5, the figure of Kinetics-700. */
export const topOneAndFive = itemMetric<RankedClasses>("mean of top-1 and top-5", (item) => (inTop(item, 1) + inTop(item, 5)) / 2);

function inTop({ scores, right }: RankedClasses, k: number): number {
  return Number(ranking(scores).slice(0, k).includes(right));
}
