import { expect, test } from "vitest";
import { mean, proportion } from "../../src/evaluate/metrics/proportion.ts";

const hits = (right: number, count: number): boolean[] => Array.from({ length: count }, (_, i) => i < right);

test("Wilson's interval has the published values", () => {
  // Newcombe (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29.
  const published = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const;
  for (const [right, count, low, high] of published) {
    const estimate = proportion(hits(right, count));
    expect(estimate.low).toBeCloseTo(low, 4);
    expect(estimate.high).toBeCloseTo(high, 4);
    expect(estimate.count).toBe(count);
  }
});

test("there is no mean of what is no number", () => {
  expect(() => mean([1, Number.NaN])).toThrow(/value 2 of 2 is NaN/);
  expect(() => mean([Number.POSITIVE_INFINITY])).toThrow(/value 1 of 1 is Infinity/);
});

test("a mean has the interval of its standard error", () => {
  expect(mean([1, 2, 3, 4])).toEqual({
    value: 2.5,
    low: expect.closeTo(2.5 - 1.959964 * Math.sqrt(5 / 3 / 4), 10),
    high: expect.closeTo(2.5 + 1.959964 * Math.sqrt(5 / 3 / 4), 10),
    count: 4,
  });
});

test("nothing measured is no result", () => {
  expect(() => proportion([])).toThrow(/at least one case/);
  expect(() => mean([])).toThrow(/at least one case/);
});
