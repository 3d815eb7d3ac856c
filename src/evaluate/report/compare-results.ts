/** Two runs beside each other. */
import { pairedDifference } from "../metrics/metric.ts";
import { inPercent, type WrittenFigure } from "../results.ts";
import { inPairs } from "./question-scores.ts";
import type { EvaluationReport } from "./results-file.ts";

/** How much more the first run's model reaches than the second's, in points. */
export interface ComparedTask {
  readonly task: string;
  readonly shots: number;
  readonly trial: number;
  readonly figure: string;
  /** Of the questions that both were asked. */
  readonly first: number;
  readonly second: number;
  /** With a paired bootstrap interval of 95%. */
  readonly difference: WrittenFigure;
  /** Whether both were shown the same words before the same questions. */
  readonly samePrompts: boolean;
}

/** Of each task after as many examples that both were asked, where both have the same figure of some of the same questions. */
export function compareResults(first: EvaluationReport, second: EvaluationReport): ComparedTask[] {
  const keyOf = ({ task, shots, trial }: Pick<ComparedTask, "task" | "shots" | "trial">): string => JSON.stringify([task, shots, trial]);
  const others = new Map(second.scores.map((each) => [keyOf(each), each]));
  const prompts = new Map(second.tasks.map((each) => [keyOf(each), each.prompts]));
  const own = new Map(first.tasks.map((each) => [keyOf(each), each.prompts]));
  return first.scores.flatMap((scores) => {
    const other = others.get(keyOf(scores));
    const pair = other?.figure === scores.figure ? inPairs(scores, other) : undefined;
    if (pair === undefined) return [];
    const { task, shots, trial, figure } = scores;
    const [one, two] = pair;
    return [
      {
        ...{ task, shots, trial, figure },
        first: 100 * one.estimate.value,
        second: 100 * two.estimate.value,
        difference: inPercent(pairedDifference(one, two)),
        samePrompts: own.get(keyOf(scores)) === prompts.get(keyOf(scores)),
      },
    ];
  });
}

/** What a comparison says of a task, in a sentence. */
export function comparison({ task, shots, figure, difference }: ComparedTask, [first, second]: readonly [string, string]): string {
  // Told of the one that reaches more.
  const sign = difference.high < 0 ? -1 : 1;
  const ends = [sign * difference.low, sign * difference.high].toSorted((a, b) => a - b).map((each) => each.toFixed(1));
  const shown = difference.low > 0 ? `${first} reaches more` : difference.high < 0 ? `${second} reaches more` : `neither was shown to reach more`;
  const points = `${(sign * difference.value).toFixed(1)} points (95%: ${ends.join(" to ")}; ${difference.count} of the same questions)`;
  return `${task}, ${shots} shots: ${shown} ${figure}: ${points}.`;
}
