import { meanMetric } from "./metric.ts";
import { countGrams } from "./word-grams.ts";

/**
 * CIDEr-D (Vedantam et al., 2015), as the COCO caption evaluation computes it: cosine similarity of tf-idf weighted n-grams for n = 1 to 4, counts clipped to the
 * reference's, with a Gaussian penalty on the difference in length; times 10. Document frequencies are those of the references given.
 */

const longest = 4;
const sigma = 6;

export interface CaptionPair {
  readonly candidate: readonly string[];
  /** At least one. All in tokens. */
  readonly references: readonly (readonly string[])[];
}

/** The mean over captions; as benchmarks print it, times 100. */
export const ciderMetric = meanMetric<CaptionPair>("CIDEr", cider);

type Counts = ReadonlyMap<string, number>;

/** n-grams by length: index 0 holds single words. */
type Grams = readonly Counts[];

interface Vector {
  readonly weights: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  /** As the reference implementation has it: the number of 2-grams. */
  readonly length: number;
}

/**
 * @returns the score of each pair; the benchmark's figure is their mean. Captions that equal their references score 10
 * @throws when a pair has no reference
 */
export function cider(pairs: readonly CaptionPair[]): number[] {
  const grams = pairs.map(({ candidate, references }, i) => {
    if (references.length === 0) throw new Error(`CIDEr: caption ${i} has no reference to compare with`);
    return { candidate: countGrams(candidate, longest), references: references.map((reference) => countGrams(reference, longest)) };
  });
  const frequency = documentFrequency(grams.map(({ references }) => references));
  const documents = Math.log(pairs.length);
  return grams.map(({ candidate, references }) => {
    const vector = weigh(candidate, frequency, documents);
    const scores = references.map((reference) => similarity(vector, weigh(reference, frequency, documents)));
    return (10 * scores.reduce((sum, score) => sum + score, 0)) / references.length;
  });
}

/** In how many pairs' references each n-gram occurs. */
function documentFrequency(references: readonly (readonly Grams[])[]): Counts {
  const frequency = new Map<string, number>();
  for (const captions of references) {
    const seen = new Set(captions.flatMap((grams) => grams.flatMap((counts) => [...counts.keys()])));
    for (const gram of seen) frequency.set(gram, (frequency.get(gram) ?? 0) + 1);
  }
  return frequency;
}

function weigh(grams: Grams, frequency: Counts, documents: number): Vector {
  const weights = grams.map(
    (counts) => new Map([...counts].map(([gram, count]) => [gram, count * (documents - Math.log(Math.max(1, frequency.get(gram) ?? 0)))])),
  );
  const norms = weights.map((each) => Math.sqrt([...each.values()].reduce((sum, weight) => sum + weight * weight, 0)));
  const length = [...(grams[1] ?? new Map<string, number>()).values()].reduce((sum, count) => sum + count, 0);
  return { weights, norms, length };
}

function similarity(candidate: Vector, reference: Vector): number {
  const penalty = Math.exp(-((candidate.length - reference.length) ** 2) / (2 * sigma ** 2));
  const cosines = candidate.weights.map((weights, n) => {
    const other = reference.weights[n]!;
    let product = 0;
    for (const [gram, weight] of weights) product += Math.min(weight, other.get(gram) ?? 0) * (other.get(gram) ?? 0);
    const norm = candidate.norms[n]! * reference.norms[n]!;
    return (norm === 0 ? product : product / norm) * penalty;
  });
  return cosines.reduce((sum, cosine) => sum + cosine, 0) / longest;
}
