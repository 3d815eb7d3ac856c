import type { TaskResult } from "./evaluate-tasks.ts";
import { type LearningCurve, learningCurve } from "./metrics/learning-curve.ts";

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
