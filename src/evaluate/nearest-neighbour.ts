import { type EvaluationCase, picturesIn, type ShownExample } from "./suite.ts";

/** A picture as numbers to compare it by. */
export type Representation = (picture: string) => Float32Array;

/**
 * Answers as the most similar example was answered: with several examples of an answer, their mean stands for it. Vectors are compared by the angle between them
 * after the mean of all examples is taken away.
 * @returns undefined when there is no example
 */
export function nearestAnswer({ shots, query }: EvaluationCase, represent: Representation): string | undefined {
  if (shots.length === 0) return undefined;
  // Several pictures are one after the other.
  const vectorOf = (example: ShownExample): Float32Array => joined(picturesIn(example).map(({ id }) => represent(id)));
  const vectors = shots.map((example) => ({ vector: vectorOf(example), answer: example.answer }));
  const centre = meanOf(vectors.map(({ vector }) => vector));
  const asked = subtract(vectorOf(query), centre);
  let best: { answer: string; similarity: number } | undefined;
  for (const [answer, members] of Map.groupBy(vectors, ({ answer: given }) => given)) {
    const similarity = cosine(asked, subtract(meanOf(members.map(({ vector }) => vector)), centre));
    if (best === undefined || similarity > best.similarity) best = { answer, similarity };
  }
  return best?.answer;
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  return vectors.length === 1 ? vectors[0]! : Float32Array.from(vectors.flatMap((vector) => [...vector]));
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]! / vectors.length;
  return sum;
}

function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - b[i]!);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return product / Math.sqrt(aa * bb + 1e-12);
}
