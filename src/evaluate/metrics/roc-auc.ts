import type { Metric } from "./metric.ts";

export interface RankedItem {
  readonly score: number;
  readonly positive: boolean;
}

/** Area under the receiver operating characteristic: how often a positive item scores higher than a negative one, ties as half. NaN where there are not both. */
export const rocAuc: Metric<RankedItem, RankedItem> = {
  name: "ROC-AUC",
  parts: (items) => items,
  whole(items) {
    const sorted = [...items].sort((a, b) => a.score - b.score);
    let [negatives, wins] = [0, 0];
    for (let start = 0; start < sorted.length; ) {
      let end = start;
      let positivesHere = 0;
      while (end < sorted.length && sorted[end]!.score === sorted[start]!.score) positivesHere += Number(sorted[end++]!.positive);
      const negativesHere = end - start - positivesHere;
      wins += positivesHere * (negatives + negativesHere / 2);
      negatives += negativesHere;
      start = end;
    }
    return wins / (negatives * (sorted.length - negatives));
  },
};
