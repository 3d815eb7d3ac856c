/** The model's figure question by question, so that two runs can be compared in pairs. */
import { itemMetric, type Measured, measure } from "../metrics/metric.ts";
import type { Answered } from "../question.ts";

/** What a figure is made of. Either each question has a score of its own, or there are draws of all questions together. As shares. */
export interface QuestionScores {
  /** Of the questions. */
  readonly ids: readonly (string | number)[];
  readonly scores?: readonly number[];
  /** Of a figure that is of all questions together (ROC-AUC): its value, and that of each bootstrap draw of the questions. */
  readonly drawn?: { readonly value: number; readonly draws: readonly number[] };
}

/** Those of a task after so many examples, by its first figure. */
export interface WrittenScores extends QuestionScores {
  readonly task: string;
  readonly shots: number;
  readonly trial: number;
  readonly figure: string;
}

/** Digits behind the point: figures are printed with one, in percent. */
const digits = 6;

/** A figure of some of the questions alone cannot be laid beside the questions: nothing but their ids is kept. */
export function questionScores({ estimate, scores, draws }: Measured, answered: readonly Answered[]): QuestionScores {
  const ids = answered.map(({ question }) => question.id);
  if (estimate.count !== answered.length) return { ids };
  const short = (value: number): number => Number(value.toFixed(digits));
  return scores === undefined ? { ids, drawn: { value: short(estimate.value), draws: draws.map(short) } } : { ids, scores: scores.map(short) };
}

/** Two runs' figures of the questions that both were asked. @returns undefined where there are none, or the figures cannot be laid beside each other */
export function inPairs(one: QuestionScores, other: QuestionScores): readonly [Measured, Measured] | undefined {
  if (one.scores !== undefined && other.scores !== undefined) {
    const own = new Map(one.ids.map((id, place) => [id, one.scores![place]!]));
    const others = new Map(other.ids.map((id, place) => [id, other.scores![place]!]));
    const common = [...own.keys()].filter((id) => others.has(id));
    const score = itemMetric("score", Number);
    const of = (scores: ReadonlyMap<string | number, number>): Measured =>
      measure(
        score,
        common.map((id) => scores.get(id)!),
      );
    return common.length === 0 ? undefined : [of(own), of(others)];
  }
  if (one.drawn === undefined || other.drawn === undefined || JSON.stringify(one.ids) !== JSON.stringify(other.ids)) return undefined;
  return [asMeasured(one.drawn, one.ids.length), asMeasured(other.drawn, one.ids.length)];
}

/** How often a figure lies where is of no account for the difference of two. */
function asMeasured({ value, draws }: NonNullable<QuestionScores["drawn"]>, count: number): Measured {
  return { estimate: { value, low: value, high: value, count }, scores: undefined, draws };
}
