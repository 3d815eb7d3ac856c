/**
 * Krippendorff's alpha (Krippendorff, 2004; "Computing Krippendorff's alpha-reliability", 2011): how far people agree beyond chance. 1: they always do; 0: as much as if they had judged at random.
 * Items may be judged by different people, and by different numbers of them; those that one person alone judged say nothing.
 */
import type { Metric } from "../metrics/metric.ts";

/** How far apart two values are: nominal: they are the same or not; ordinal: by how many judgements lie between them; interval: by their difference. */
export type Level = "nominal" | "ordinal" | "interval";

/**
 * @param units - of each item the values that it was given
 * @returns NaN where it is not defined: no item was judged twice, or all such judgements are the same
 */
export function krippendorffAlpha(units: readonly (readonly number[])[], level: Level): number {
  const pairable = units.filter(({ length }) => length >= 2);
  const values = [...new Set(pairable.flat())].toSorted((a, b) => a - b);
  const places = new Map(values.map((value, place) => [value, place]));
  const counts = values.map(() => 0);
  for (const value of pairable.flat()) counts[places.get(value)!]! += 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const distance = distances(values, counts, level);
  let observed = 0;
  for (const unit of pairable) {
    for (const one of unit) for (const other of unit) observed += distance(places.get(one)!, places.get(other)!) / (unit.length - 1);
  }
  let expected = 0;
  for (const [one, count] of counts.entries()) for (const [other, others] of counts.entries()) expected += count * others * distance(one, other);
  return expected === 0 ? Number.NaN : 1 - ((total - 1) * observed) / expected;
}

/** Squared, between places of values. */
function distances(values: readonly number[], counts: readonly number[], level: Level): (one: number, other: number) => number {
  if (level === "nominal") return (one, other) => Number(one !== other);
  if (level === "interval") return (one, other) => (values[one]! - values[other]!) ** 2;
  const below = counts.map((_, place) => counts.slice(0, place).reduce((sum, count) => sum + count, 0));
  // The middle of each value's own judgements among all in their order.
  const rank = (place: number): number => below[place]! + counts[place]! / 2;
  return (one, other) => (rank(one) - rank(other)) ** 2;
}

/** The same as a figure over items, so that it has an interval. */
export function alphaMetric(level: Level): Metric<readonly number[], readonly number[]> {
  return { name: "Krippendorff's alpha", parts: (units) => units, whole: (units) => krippendorffAlpha(units, level) };
}
