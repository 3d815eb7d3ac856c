/** A share with its uncertainty. */
export interface Estimate {
  readonly value: number;
  /** 95% confidence interval. */
  readonly low: number;
  readonly high: number;
  /** How many were measured. */
  readonly count: number;
}

const z = 1.959964;

/** Share of hits with Wilson's interval, which stays between 0 and 1 also for few cases. @throws when nothing was measured */
export function proportion(hits: readonly boolean[]): Estimate {
  const count = hits.length;
  if (count === 0) throw new Error("a share of nothing was asked for: measure at least one case");
  const value = hits.filter(Boolean).length / count;
  const centre = (value + z ** 2 / (2 * count)) / (1 + z ** 2 / count);
  const half = (z / (1 + z ** 2 / count)) * Math.sqrt((value * (1 - value)) / count + z ** 2 / (4 * count ** 2));
  // At the ends the two terms are equal but for rounding.
  return { value, low: value === 0 ? 0 : Math.max(0, centre - half), high: value === 1 ? 1 : Math.min(1, centre + half), count };
}

/** Mean with a normal interval. @throws when nothing was measured, or a value is NaN or Infinity */
export function mean(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) throw new Error("a mean of nothing was asked for: measure at least one case");
  const broken = values.findIndex((each) => !Number.isFinite(each));
  if (broken >= 0) throw new Error(`a mean of something that is no number was asked for: value ${broken + 1} of ${count} is ${values[broken]}`);
  const value = values.reduce((sum, each) => sum + each, 0) / count;
  const variance = count < 2 ? 0 : values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (count - 1);
  const half = z * Math.sqrt(variance / count);
  return { value, low: value - half, high: value + half, count };
}
