import type { CaptionPair } from "./cider.ts";
import { itemMetric } from "./metric.ts";

const beta = 1.2;

/** ROUGE-L (Lin, 2004) as the COCO caption evaluation computes it: of the longest common subsequences with each reference the best precision and the best recall, which may be of two references. */
export const rougeL = itemMetric<CaptionPair>("ROUGE-L", ({ candidate, references }) => {
  if (references.length === 0) throw new Error("ROUGE-L: a caption has no reference to compare with");
  // A caption without words is one empty word there, which an empty reference shares.
  const words = orEmpty(candidate);
  const shared = references.map((reference) => ({ common: commonLength(orEmpty(reference), words), length: orEmpty(reference).length }));
  const precision = Math.max(...shared.map(({ common }) => common / words.length));
  const recall = Math.max(...shared.map(({ common, length }) => common / length));
  return precision === 0 || recall === 0 ? 0 : ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
});

function orEmpty(words: readonly string[]): readonly string[] {
  return words.length === 0 ? [""] : words;
}

/** Length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const row = [0];
    for (let j = 0; j < b.length; j++) row.push(word === b[j] ? above[j]! + 1 : Math.max(above[j + 1]!, row[j]!));
    above = row;
  }
  return above[b.length]!;
}
