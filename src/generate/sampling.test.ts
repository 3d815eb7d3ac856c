import { describe, expect, test } from "vitest";
import { largest, logProbabilities } from "./log-probabilities.ts";
import { createSampler, type SamplingOptions } from "./sampling.ts";

const logits = Float32Array.of(2, 1, 0, -1, Number.NEGATIVE_INFINITY);

function frequencies(options: SamplingOptions, draws = 20_000): number[] {
  const sample = createSampler({ temperature: 1, ...options });
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < draws; i++) counts[sample(logits).token]!++;
  return counts.map((count) => count / draws);
}

const softmax = (values: readonly number[]): number[] => {
  const total = values.reduce((sum, value) => sum + Math.exp(value), 0);
  return values.map((value) => Math.exp(value) / total);
};

const near = (expected: readonly number[]): unknown[] => expected.map((value) => expect.closeTo(value, 1.8));

describe("sampling", () => {
  test("follows the probabilities", () => {
    expect(frequencies({})).toEqual(near(softmax([2, 1, 0, -1, -Infinity])));
    expect(frequencies({ temperature: 0.5 })).toEqual(near(softmax([4, 2, 0, -2, -Infinity])));
    expect(frequencies({ topK: 2 })).toEqual(near([...softmax([2, 1]), 0, 0, 0]));
    // 0.64 alone is not enough, 0.64 + 0.24 is.
    expect(frequencies({ topP: 0.8 })).toEqual(near([...softmax([2, 1]), 0, 0, 0]));
  });

  test("reports the model's own probability", () => {
    const { token, logProbability } = createSampler({ temperature: 3, topK: 1 })(logits);
    expect(token).toBe(0);
    expect(logProbability).toBeCloseTo(Math.log(softmax([2, 1, 0, -1, -Infinity])[0]!), 6);
  });

  test("refuses options out of range", () => {
    expect(() => createSampler({ temperature: -1 })).toThrow(/temperature must be at least 0/);
    expect(() => createSampler({ topK: 0 })).toThrow(/topK must be a whole number/);
    expect(() => createSampler({ topP: 1.5 })).toThrow(/topP must be above 0/);
  });
});

test("the largest values come in order, equal ones as they stand", () => {
  expect(largest(Float32Array.of(1, 5, 3, 5, 2), 3)).toEqual([1, 3, 2]);
  expect(largest(Float32Array.of(1, 2), 5)).toEqual([1, 0]);
});

test("log-probabilities are stable", () => {
  expect([...logProbabilities(Float32Array.of(1000, 1000))]).toEqual([expect.closeTo(-Math.LN2, 4), expect.closeTo(-Math.LN2, 4)]);
});
