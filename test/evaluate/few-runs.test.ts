import { expect, test } from "vitest";
import { meanOfRuns } from "../../src/evaluate/metrics/few-runs.ts";

test("the interval of few runs is Student's", () => {
  // scipy.stats.t.interval(0.95, n - 1, mean, sem), scipy 1.17
  const { value, low, high, count } = meanOfRuns([70.1, 68.4, 71.2]);
  expect(value).toBeCloseTo(69.9, 10);
  expect(count).toBe(3);
  expect(low).toBeCloseTo(66.3957, 3);
  expect(high).toBeCloseTo(73.4043, 3);
  expect(meanOfRuns([5])).toEqual({ value: 5, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, count: 1 });
  expect(() => meanOfRuns([])).toThrow("a mean of no runs");
});
