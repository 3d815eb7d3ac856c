/** A run's `events.jsonl` as curves. */
import type { TrainingEvent } from "./run.ts";
import { type ScalarGroup, scalarsOf } from "./scalars.ts";

export interface Curve {
  readonly group: ScalarGroup;
  /** Within its group. */
  readonly name: string;
  /** By step, upwards. */
  readonly points: readonly Point[];
}

export type Point = readonly [step: number, value: number];

export interface RunCurves {
  readonly curves: readonly Curve[];
  /** Lines that are no events: those of a run that was killed while it wrote one. */
  readonly unread: number;
}

/**
 * Steps that a run did twice, since it was killed after its last checkpoint and resumed, count as they were done the last time.
 * @param text - one JSON object a line
 */
export function readCurves(text: string): RunCurves {
  const steps = new Map<string, { readonly group: ScalarGroup; readonly name: string; readonly values: Map<number, number> }>();
  let unread = 0;
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const event = eventOf(line);
    if (event === undefined) unread++;
    else if (event.type === "start") forgetAfter(event.step, steps.values());
    else {
      for (const { group, name, value } of scalarsOf(event)) {
        // Runs of older versions do not say everything.
        if (!Number.isFinite(value)) continue;
        const key = `${group}/${name}`;
        const curve = steps.get(key) ?? { group, name, values: new Map<number, number>() };
        steps.set(key, curve);
        curve.values.set(event.step, value);
      }
    }
  }
  const curves = [...steps.values()].filter(({ values }) => values.size > 0);
  return { curves: curves.map(({ group, name, values }) => ({ group, name, points: [...values].sort(([a], [b]) => a - b) })), unread };
}

function forgetAfter(done: number, curves: Iterable<{ readonly values: Map<number, number> }>): void {
  for (const { values } of curves) for (const step of values.keys()) if (step > done) values.delete(step);
}

function eventOf(line: string): TrainingEvent | undefined {
  try {
    const event = JSON.parse(line) as TrainingEvent;
    return typeof event.type === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An average that forgets: each value weighs less the more points lie after it, by a factor of e after `window` points. The first ones are averages of what there is.
 * @param window - in points; 1 or less: none
 */
export function smoothed(points: readonly Point[], window: number): readonly Point[] {
  const kept = window <= 1 ? 0 : Math.exp(-1 / window);
  let [sum, weight] = [0, 0];
  return points.map(([step, value]): Point => {
    sum = kept * sum + value;
    weight = kept * weight + 1;
    return [step, sum / weight];
  });
}
