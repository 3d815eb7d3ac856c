/** What ratings come to: how far people agree, what they think of each system, and which they prefer, with intervals over the questions. */
import { itemMetric, type Measured, measure, pairedDifference } from "../metrics/metric.ts";
import type { Estimate } from "../metrics/proportion.ts";
import { alphaMetric, krippendorffAlpha, type Level } from "./krippendorff-alpha.ts";
import type { RatingMode, RatingPlan } from "./rating-plan.ts";

/** One judgement. */
export interface Rating {
  readonly rater: string;
  /** Its key. */
  readonly item: string;
  /** 1 to 5; of two answers 1: the first system's is better, -1: the second's is, 0: they are equally good. */
  readonly value: number;
  /** Whether the second system's answer stood on the left. */
  readonly mirrored: boolean;
}

export interface RatingSummary {
  readonly mode: RatingMode;
  readonly systems: readonly string[];
  readonly raters: readonly { readonly name: string; readonly rated: number; readonly of: number }[];
  /** Items that somebody judged, and those that two or more did. */
  readonly judged: number;
  readonly judgedTwice: number;
  /** Over the items; undefined where nothing was judged twice, or everybody said the same. */
  readonly alpha?: Estimate & { readonly level: Level };
  /** Mean score of each system, first over the raters of an answer. */
  readonly scores?: readonly (Estimate & { readonly system: string })[];
  /** How much higher the first system's scores are, on the questions that both have scores for. */
  readonly difference?: Estimate;
  readonly preference?: {
    readonly first: number;
    readonly second: number;
    readonly equal: number;
    /** Share of the judgements for the first system, equally good ones as half: first over the raters of a question. */
    readonly share: Estimate;
    /** Of the judgements that prefer one, those for the left one: far from a half, people judged places. */
    readonly left?: number;
  };
  /** Questions that both answered the same, which nobody was asked about. */
  readonly same: number;
}

/** Ratings of items that the plan does not have are left out. */
export function summariseRatings({ mode, systems, items, same }: RatingPlan, ratings: readonly Rating[]): RatingSummary {
  const known = new Map(items.map((item) => [item.key, item]));
  const own = ratings.filter(({ item }) => known.has(item));
  const byItem = Map.groupBy(own, ({ item }) => item);
  const units = [...byItem.values()].map((of) => of.map(({ value }) => value));
  const level = "ordinal";
  const alpha = Number.isNaN(krippendorffAlpha(units, level)) ? {} : { alpha: { ...measure(alphaMetric(level), units).estimate, level } as const };
  return {
    mode,
    systems,
    raters: [...Map.groupBy(own, ({ rater }) => rater)].map(([name, of]) => ({ name, rated: of.length, of: items.length })),
    judged: units.length,
    judgedTwice: units.filter(({ length }) => length >= 2).length,
    ...alpha,
    ...(units.length === 0 ? {} : mode === "score" ? scoresOf(systems, known, byItem) : { preference: preferenceOf(own, units) }),
    same,
  };
}

const meanOfMeans = itemMetric<readonly number[]>("mean", average);

type ByItem = ReadonlyMap<string, readonly Rating[]>;

function scoresOf(
  systems: readonly string[],
  items: ReadonlyMap<string, RatingPlan["items"][number]>,
  byItem: ByItem,
): Pick<RatingSummary, "scores" | "difference"> {
  /** Of each system, by question. */
  const scores = systems.map((_, system) => {
    const of = [...byItem].filter(([key]) => items.get(key)!.system === system);
    return new Map(of.map(([key, ratings]) => [questionOf(items.get(key)!), ratings.map(({ value }) => value)]));
  });
  const rated = scores.flatMap((of, system) => (of.size === 0 ? [] : [{ system: systems[system]!, ...measure(meanOfMeans, [...of.values()]).estimate }]));
  const [first, second] = scores;
  const both = systems.length === 2 ? [...first!.keys()].filter((question) => second!.has(question)) : [];
  const measured = (of: ReadonlyMap<string, readonly number[]>): Measured =>
    measure(
      meanOfMeans,
      both.map((question) => of.get(question)!),
    );
  return { scores: rated, ...(both.length === 0 ? {} : { difference: pairedDifference(measured(first!), measured(second!)) }) };
}

function questionOf({ sample: { task, shots, trial, id } }: RatingPlan["items"][number]): string {
  return JSON.stringify([task, shots, trial, id]);
}

function preferenceOf(ratings: readonly Rating[], units: readonly (readonly number[])[]): NonNullable<RatingSummary["preference"]> {
  const count = (value: number): number => ratings.filter((rating) => rating.value === value).length;
  const decided = ratings.filter(({ value }) => value !== 0);
  const left = decided.filter(({ value, mirrored }) => (value === 1) !== mirrored).length;
  return {
    first: count(1),
    second: count(-1),
    equal: count(0),
    share: measure(
      meanOfMeans,
      units.map((unit) => unit.map((value) => (value + 1) / 2)),
    ).estimate,
    ...(decided.length === 0 ? {} : { left: left / decided.length }),
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
