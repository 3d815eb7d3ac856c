import { cosine, meanOf, subtract } from "../retrieve/vectors.ts";
import type { EvaluationCase, MediaFile, ShownExample } from "./question.ts";
import { mediaKey } from "./shown-media.ts";

/** A picture as numbers to compare it by. */
export type Representation = (file: MediaFile) => Float32Array;

/**
 * Answers as the most similar example was answered: with several examples of an answer, their mean stands for it. Vectors are compared by the angle between them
 * after the mean of all examples is taken away.
 * @returns undefined when there is no example with a picture, or no picture is asked about
 */
export function nearestAnswer({ shots, query }: EvaluationCase, represent: Representation): string | undefined {
  const vectors = shots.flatMap(({ media: [file], answer }) => (file === undefined ? [] : [{ vector: represent(file), answer }]));
  const [shown] = query.media;
  if (vectors.length === 0 || shown === undefined) return undefined;
  const centre = meanOf(vectors.map(({ vector }) => vector));
  const asked = subtract(represent(shown), centre);
  let best: { answer: string; similarity: number } | undefined;
  for (const [answer, members] of Map.groupBy(vectors, ({ answer: given }) => given)) {
    const similarity = cosine(asked, subtract(meanOf(members.map(({ vector }) => vector)), centre));
    if (best === undefined || similarity > best.similarity) best = { answer, similarity };
  }
  return best?.answer;
}

/** Whether {@link nearestAnswer} has something to go by. */
export function hasNeighbours(shots: readonly ShownExample[]): boolean {
  return shots.some(({ media }) => media.length > 0);
}

/** Each feature with the same spread over all of them. @param vectors - by the keys of media */
export function standardised(vectors: ReadonlyMap<string, Float32Array>): Representation {
  const width = vectors.values().next().value?.length ?? 0;
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (const vector of vectors.values()) {
    for (let i = 0; i < width; i++) {
      mean[i]! += vector[i]! / vectors.size;
      square[i]! += vector[i]! ** 2 / vectors.size;
    }
  }
  const scaled = new Map(
    [...vectors].map(([key, vector]) => [key, vector.map((value, i) => (value - mean[i]!) / Math.sqrt(Math.max(square[i]! - mean[i]! ** 2, 1e-6)))]),
  );
  return (file) => scaled.get(mediaKey(file))!;
}
