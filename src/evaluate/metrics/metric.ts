import { Random } from "../../data/random.ts";
import { type Estimate, mean } from "./proportion.ts";

/** What answers are judged by: a figure over many items, made of what each of them comes to. So items can be drawn again (bootstrap) without being judged again. */
export interface Metric<Item, Part = number> {
  /** As tables print it: "CIDEr". */
  readonly name: string;
  /** What each item comes to; of some metrics (CIDEr) together with the others. */
  parts(items: readonly Item[]): readonly Part[];
  /** The figure of items: 1 is all right, except for CIDEr, whose best is 10. */
  whole(parts: readonly Part[]): number;
  /** One item's own score, where there is such a thing. */
  readonly score?: (part: Part) => number;
}

/** Items judged. */
export interface Measured {
  readonly estimate: Estimate;
  /** Of each item, where items have scores of their own. */
  readonly scores: readonly number[] | undefined;
  /** The figure of each draw of items. Of as many items as here, the same ones are drawn whatever they are judged by. NaN where a draw has no figure. */
  readonly draws: readonly number[];
}

/** Figures by the names that tables print; the first is the one that counts. */
export type Measures = Readonly<Record<string, Measured>>;

/** A metric whose figure is the mean of the items' scores. */
export function meanMetric<Item>(name: string, parts: (items: readonly Item[]) => readonly number[]): Metric<Item> {
  return { name, parts, whole: (scores) => mean(scores).value, score: (part) => part };
}

/** As {@link meanMetric}, where each item is scored by itself. */
export function itemMetric<Item>(name: string, score: (item: Item) => number): Metric<Item> {
  return meanMetric(name, (items) => items.map(score));
}

export interface IntervalOptions {
  /** How often as many items are drawn as there are. Default: 1000. */
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * The figure with its 95% bootstrap interval (percentiles, items drawn with replacement).
 * @throws when there is no item, or the figure is no number
 */
export function measure<Item, Part>(metric: Metric<Item, Part>, items: readonly Item[], { resamples = 1000, seed = 1 }: IntervalOptions = {}): Measured {
  const count = items.length;
  if (count === 0) throw new Error(`${metric.name} of nothing was asked for: measure at least one item`);
  const parts = metric.parts(items);
  const value = metric.whole(parts);
  if (Number.isNaN(value)) throw new Error(`${metric.name} of ${count} items is no number`);
  const random = new Random("bootstrap", seed);
  const draws = Array.from({ length: resamples }, () => metric.whole(parts.map(() => random.pick(parts))));
  const { score } = metric;
  return { estimate: { value, ...interval(draws, value), count }, scores: score === undefined ? undefined : parts.map(score), draws };
}

/**
 * How much more one comes to than another, item by item the same: a paired bootstrap interval of 95%.
 * @throws when they are not of as many items
 */
export function pairedDifference(one: Measured, other: Measured): Estimate {
  if (one.estimate.count !== other.estimate.count) throw new Error("figures of different items cannot be compared in pairs");
  const value = one.estimate.value - other.estimate.value;
  const draws = one.draws.map((figure, i) => figure - other.draws[i]!);
  return { value, ...interval(draws, value), count: one.estimate.count };
}

/** What 95% of the draws lie within. A draw may hold no positive item, where a ranking has no figure. */
function interval(draws: readonly number[], value: number): { readonly low: number; readonly high: number } {
  const figures = draws.filter((figure) => !Number.isNaN(figure)).sort((a, b) => a - b);
  const at = (share: number): number => figures[Math.min(figures.length - 1, Math.floor(share * figures.length))] ?? value;
  return { low: at(0.025), high: at(0.975) };
}
