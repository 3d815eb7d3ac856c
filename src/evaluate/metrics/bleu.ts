import type { CaptionPair } from "./cider.ts";
import type { Metric } from "./metric.ts";
import { countGrams } from "./word-grams.ts";

/** What BLEU adds up over captions. Lists are by length of n-grams, from single words to four. */
export interface BleuCounts {
  readonly words: number;
  /** Of the reference whose length is closest, of equally close ones the shorter. */
  readonly referenceWords: number;
  readonly grams: readonly number[];
  /** Of the n-grams those that a reference has, each as often as the reference that has it most. */
  readonly matches: readonly number[];
}

const longest = 4;
/** They keep a product from being 0 or a quotient from being none, as the COCO caption evaluation has them. */
const tiny = 1e-15;
const small = 1e-9;

export type BleuLength = 1 | 2 | 3 | 4;

/** BLEU (Papineni et al., 2002) with n-grams of up to so many words, as the COCO caption evaluation computes it: counts of all captions are added up before precisions are taken. */
export function bleu(length: BleuLength): Metric<CaptionPair, BleuCounts> {
  const figure = (parts: readonly BleuCounts[]): number => bleuOf(parts, length);
  return { name: `BLEU-${length}`, parts: (pairs) => pairs.map(bleuCounts), whole: figure, score: (part) => figure([part]) };
}

/** @throws when there is no reference */
export function bleuCounts({ candidate, references }: CaptionPair): BleuCounts {
  if (references.length === 0) throw new Error("BLEU: a caption has no reference to compare with");
  const lengths = references.map((reference) => reference.length);
  const distance = (words: number): number => Math.abs(words - candidate.length);
  const known = references.map((reference) => countGrams(reference, longest));
  const grams = countGrams(candidate, longest);
  return {
    words: candidate.length,
    referenceWords: lengths.reduce((best, words) => (distance(words) < distance(best) || (distance(words) === distance(best) && words < best) ? words : best)),
    grams: grams.map((_, n) => Math.max(0, candidate.length - n)),
    matches: grams.map((counts, n) => {
      let matches = 0;
      for (const [gram, count] of counts) matches += Math.min(count, Math.max(...known.map((reference) => reference[n]!.get(gram) ?? 0)));
      return matches;
    }),
  };
}

function bleuOf(parts: readonly BleuCounts[], length: BleuLength): number {
  const total = (of: (part: BleuCounts) => number): number => parts.reduce((sum, part) => sum + of(part), 0);
  let product = 1;
  for (let n = 0; n < length; n++) product *= (total(({ matches }) => matches[n]!) + tiny) / (total(({ grams }) => grams[n]!) + small);
  const ratio = (total(({ words }) => words) + tiny) / (total(({ referenceWords }) => referenceWords) + small);
  return product ** (1 / length) * (ratio < 1 ? Math.exp(1 - 1 / ratio) : 1);
}
