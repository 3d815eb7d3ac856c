import { writeWhole } from "../data/platform/node-write.ts";
import { createAnswerers, modelName } from "../evaluate/answerers.ts";
import { LocalModel } from "../evaluate/answering/local-model.ts";
import { evaluateTasks, type TaskResult } from "../evaluate/evaluate-tasks.ts";
import type { Answered } from "../evaluate/question.ts";
import { reportOf } from "../evaluate/results.ts";
import { meanFeature } from "../generate/feature-rows.ts";
import { Flamingo } from "../index.ts";
import { type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import type { EvaluationPlan } from "./evaluation-plan.ts";
import { progressLine } from "./progress-line.ts";
import { resultTable } from "./result-table.ts";
import { stoppable } from "./stoppable.ts";

export interface RunOptions extends DeviceOptions {
  readonly model: string;
  readonly seed: number;
  readonly baselines?: number;
  readonly predictions?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Asks what was planned, and says what it came to. */
export async function runEvaluation(plan: EvaluationPlan, options: RunOptions): Promise<void> {
  const { model: name, seed, baselines = plan.controlShare, predictions, out, json = false } = options;
  const started = performance.now();
  // Nothing else is to be done meanwhile, so the arithmetic need not be in another thread.
  const model = await Flamingo.load(name, { worker: false, ...runtimeOptions(options) });
  sayDevice(options, model);
  const respondent = new LocalModel(model, plan.media, plan.beams);
  try {
    const { media, population } = plan;
    const answerersOf = createAnswerers({
      ...{ respondent, media, model, seed },
      encoder: model,
      controlShare: baselines,
      ...(population === undefined ? {} : { population }),
    });
    const show = progressLine();
    const results: TaskResult[] = [];
    let asked: readonly Answered[] = [];
    const ask = async (signal: AbortSignal): Promise<void> => {
      const tasks = plan.tasks(async (medium) => meanFeature(await model.embed(medium)));
      for await (const event of evaluateTasks(tasks, answerersOf, signal)) {
        const { name: task, shots } = event.task;
        if (event.type === "answered") show(`${task}, ${shots} shots, ${event.answerer}: ${event.done}/${event.total} answered`, event.done === event.total);
        else {
          results.push(event.result);
          if (event.result.answerer === modelName) asked = event.answered;
        }
      }
    };
    await stoppable(ask, () => "stopped; nothing was written");
    sayTextExamples(results);
    if (predictions !== undefined) {
      await writeWhole(predictions, `${JSON.stringify(asked.map(plan.submitted), undefined, 1)}\n`);
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    const { device, threads } = model;
    const report = { model: name, ...plan.settings, seconds, device, threads, results: results.map(reportOf) };
    if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else if (results.every(({ measures }) => measures === undefined))
      process.stdout.write("the right answers of this split are with its evaluation server; write --predictions FILE for it\n");
    else process.stdout.write(resultTable(results));
  } finally {
    await respondent.dispose();
    await model.dispose();
  }
}

function sayTextExamples(results: readonly TaskResult[]): void {
  const found = results.find(({ textExamples = 0 }) => textExamples > 0);
  if (found !== undefined)
    process.stderr.write(`${found.task}, ${found.shots} shots: asked after ${found.textExamples} examples in words alone, as the paper does\n`);
}
