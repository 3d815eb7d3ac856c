/** What people judge: answers of one system by themselves, or of two beside each other, without being told whose they are. */

import { DataError } from "../../data/errors.ts";
import { Random } from "../../data/random.ts";
import { modelName } from "../answerers.ts";
import type { WrittenSample } from "../results.ts";

/** A score of 1 to 5 for each answer, or which of two answers is better. */
export type RatingMode = "score" | "preference";

/** Something to judge. */
export interface RatedItem {
  /** Of the question, and of the system where one answer is judged by itself: the same in every run. */
  readonly key: string;
  /** Whose answer it is; undefined where there are two, the first system's and the second's. */
  readonly system?: number;
  readonly sample: WrittenSample;
  readonly answers: readonly [string] | readonly [string, string];
}

export interface RatingPlan {
  readonly mode: RatingMode;
  readonly systems: readonly string[];
  readonly seed: number;
  readonly items: readonly RatedItem[];
  /** All that could be judged, as text: the same whatever part of it is. */
  readonly identity: string;
  /** Questions that two systems answered to the letter the same, which nobody is asked about. */
  readonly same: number;
}

export interface RatingPlanOptions {
  readonly mode: RatingMode;
  readonly seed: number;
  /** Questions that are judged, drawn with the seed. Default: all. */
  readonly limit?: number | undefined;
}

/**
 * @param systems - with the questions that their results show
 * @throws DataError when there is nothing to judge
 */
export function planRatings(
  systems: readonly { readonly name: string; readonly samples: readonly WrittenSample[] }[],
  { mode, seed, limit }: RatingPlanOptions,
): RatingPlan {
  const answered = systems.map(
    ({ samples }) => new Map(samples.flatMap((sample) => (sample.answers[modelName] === undefined ? [] : [[keyOf(sample), sample]]))),
  );
  const keys = [...new Set(answered.flatMap((of) => [...of.keys()]))].filter((key) => mode === "score" || answered.every((of) => of.has(key)));
  const chosen = limit === undefined || limit >= keys.length ? keys : new Random("rated questions", seed).sample(keys, limit);
  const answerOf = (system: number, key: string): string => answered[system]!.get(key)!.answers[modelName]!;
  const names = systems.map(({ name }) => name);
  const identity = JSON.stringify([mode, names, keys.map((key) => [key, answered.map((of) => of.get(key)?.answers[modelName] ?? null)])]);
  if (mode === "score") {
    const items = chosen.flatMap((key) =>
      answered.flatMap((of, system): RatedItem[] => {
        const sample = of.get(key);
        return sample === undefined ? [] : [{ key: JSON.stringify([names[system], key]), system, sample, answers: [answerOf(system, key)] }];
      }),
    );
    if (items.length === 0) throw new DataError("the results show no answers: write them with flamingo evaluate --samples NUMBER --out FILE");
    return { mode, systems: names, seed, items, identity, same: 0 };
  }
  if (chosen.length === 0) throw new DataError("the two results show no answers to the same questions: run both with the same --seed, and with more --samples");
  const pairs = chosen.map((key): RatedItem => ({ key, sample: answered[0]!.get(key)!, answers: [answerOf(0, key), answerOf(1, key)] }));
  const items = pairs.filter(({ answers: [one, other] }) => one !== other);
  if (items.length === 0)
    throw new DataError(`the two gave the same answers to all ${pairs.length} questions that both results show: there is nothing to judge`);
  return { mode, systems: names, seed, items, identity, same: pairs.length - items.length };
}

/** The items as one rater sees them: in an order of the rater's own, which is the same whenever the rater comes back. */
export function orderFor({ items, seed }: Pick<RatingPlan, "items" | "seed">, rater: string): readonly RatedItem[] {
  return new Random("order of ratings", seed, rater).shuffle(items);
}

/** Whether a rater sees the second system's answer on the left. */
export function isMirrored({ seed }: Pick<RatingPlan, "seed">, rater: string, { key }: RatedItem): boolean {
  return new Random("sides of ratings", seed, rater, key).chance(0.5);
}

function keyOf({ task, shots, trial, id }: WrittenSample): string {
  return JSON.stringify([task, shots, trial, id]);
}
