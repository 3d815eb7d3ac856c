/** Means of a handful of runs: where so few are measured, an interval has to know how few. */
import type { Estimate } from "./proportion.ts";

/** Student's t: 97.5% lie below, for 1, 2, … degrees of freedom. */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069,
  2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const normal = 1.96;

/** The mean of runs with its 95% t interval, which of a single run reaches everywhere. @throws when there is none */
export function meanOfRuns(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) throw new Error("a mean of no runs was asked for");
  const value = values.reduce((sum, each) => sum + each, 0) / count;
  if (count === 1) return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, count };
  const variance = values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (count - 1);
  const half = (quantiles[count - 2] ?? normal) * Math.sqrt(variance / count);
  return { value, low: value - half, high: value + half, count };
}
