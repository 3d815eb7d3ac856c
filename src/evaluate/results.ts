import type { TaskResult } from "./evaluate-tasks.ts";
import { type LearningCurve, learningCurve } from "./metrics/learning-curve.ts";
import type { Estimate } from "./metrics/proportion.ts";

/** A figure as results are written: in percent, as papers print it. */
export interface WrittenFigure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** How many questions it is of. */
  readonly count: number;
}

export interface WrittenResult extends Omit<TaskResult, "measures" | "beyond"> {
  readonly measures?: Readonly<Record<string, WrittenFigure>>;
  readonly beyond?: WrittenFigure;
}

/** A result without the items' own scores. */
export function reportOf({ measures, beyond, ...result }: TaskResult): WrittenResult {
  return {
    ...result,
    ...(measures === undefined ? {} : { measures: Object.fromEntries(Object.entries(measures).map(([name, { estimate }]) => [name, inPercent(estimate)])) }),
    ...(beyond === undefined ? {} : { beyond: inPercent(beyond) }),
  };
}

function inPercent({ value, low, high, count }: Estimate): WrittenFigure {
  return { value: 100 * value, low: 100 * low, high: 100 * high, count };
}

/** What an answerer of a task makes of more examples, as shares, by the task's first figure. */
export interface TaskCurve extends LearningCurve {
  readonly task: string;
  readonly answerer: string;
}

/** Of every task and answerer that was asked without examples and with some; of several trials the first. */
export function curvesOf(results: readonly TaskResult[]): TaskCurve[] {
  const alike = Map.groupBy(
    results.filter(({ trial }) => trial === 0),
    ({ task, answerer }) => `${task}\n${answerer}`,
  );
  return [...alike.values()].flatMap((of) => {
    const { task, answerer } = of[0]!;
    const points = of.flatMap(({ shots, measures }) =>
      Object.values(measures ?? {})
        .slice(0, 1)
        .map(({ estimate }) => ({ shots, accuracy: estimate.value })),
    );
    const curve = learningCurve(points);
    return curve === undefined ? [] : [{ task, answerer, ...curve }];
  });
}
