import type { Measures } from "../metrics/metric.ts";
import type { PairTask } from "./pair-benchmarks.ts";
import type { PairModel } from "./pair-model.ts";
import { retrieval } from "./retrieval.ts";
import { zeroShot } from "./zero-shot.ts";

/** @param templates - of classes: sentences with `{}` in the place of the name @param seen - told how many pictures are done */
export function evaluatePair(model: PairModel, task: PairTask, templates: readonly string[], seen?: (done: number) => void): Promise<Measures> {
  return task.kind === "classification" ? zeroShot(model, task, templates, seen) : retrieval(model, task, seen);
}
