import type { TaskResult } from "./evaluate-tasks.ts";
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
