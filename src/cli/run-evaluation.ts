import { writeWhole } from "../data/platform/node-write.ts";
import { createAnswerers } from "../evaluate/answerers.ts";
import { evaluateTasks, type TaskResult } from "../evaluate/evaluate-tasks.ts";
import { findingsOf } from "../evaluate/findings.ts";
import { openPredictionLog } from "../evaluate/platform/node-prediction-log.ts";
import { TaskHashes } from "../evaluate/provenance.ts";
import type { EvaluationReport } from "../evaluate/report/results-file.ts";
import { ResultsBuilder, written } from "../evaluate/results.ts";
import { RunLog } from "../evaluate/run-log.ts";
import { curvesOf, type TaskCurve } from "../evaluate/task-curves.ts";
import { meanFeature } from "../generate/feature-rows.ts";
import { packageVersion } from "../serve/package-version.ts";
import { type EvaluatedOptions, openEvaluatedModel } from "./evaluated-model.ts";
import type { EvaluationPlan } from "./evaluation-plan.ts";
import { checkExports, type Export, writeExports } from "./export-option.ts";
import { progressLine } from "./progress-line.ts";
import { curveTable, resultTable } from "./result-table.ts";
import { stoppable } from "./stoppable.ts";
import { writeReport } from "./write-report.ts";

export interface RunOptions extends EvaluatedOptions {
  readonly baselines?: number;
  readonly predictions?: string;
  readonly export?: readonly Export[];
  readonly out?: string;
  readonly report?: string;
  readonly samples?: number;
  readonly json?: boolean;
}

/** Asks what was planned, and says what it came to. */
export async function runEvaluation(plan: EvaluationPlan, options: RunOptions): Promise<void> {
  const { predictions, json = false } = options;
  const { report, results, curves } = await stoppable(
    (signal) => evaluateAsPlanned(plan, options, signal),
    () =>
      predictions === undefined
        ? "stopped; with --predictions FILE it could be gone on with"
        : `stopped; the same command goes on from the answers in ${predictions}`,
  );
  const { findings } = report;
  sayNotices(results);
  if (report.usage !== undefined) sayUsage(report.usage);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (results.every(({ measures }) => measures === undefined))
    process.stdout.write("the right answers of this split are with its evaluation server; write --export submission=FILE for it\n");
  else
    process.stdout.write(
      [resultTable(report.results) + curveTable(curves), findings.map((each) => `${each}\n`).join("")].join(findings.length > 0 ? "\n" : ""),
    );
}

/** What a whole evaluation has come to. */
export interface EvaluationOutcome {
  readonly report: EvaluationReport & { readonly seconds: number };
  readonly results: readonly TaskResult[];
  readonly curves: readonly TaskCurve[];
}

/** Asks what was planned, with progress on standard error, and writes what the options name. @throws the signal's reason when it is aborted */
export async function evaluateAsPlanned(plan: EvaluationPlan, options: RunOptions, signal: AbortSignal): Promise<EvaluationOutcome> {
  const { seed, baselines = plan.controlShare, predictions, export: exports = [], out, report: page, samples } = options;
  checkExports(exports, plan.runs);
  const started = performance.now();
  const { media, population } = plan;
  const opened = await openEvaluatedModel(options, media, plan.beams);
  const { name, respondent, encoder, model, facts } = opened;
  const provenance = { "flamingo-vlm": await packageVersion(), ...opened.provenance, ...plan.settings, baselines };
  try {
    const log = predictions === undefined ? undefined : await openPredictionLog(predictions, provenance);
    const runLog = new RunLog(new TaskHashes(media), log);
    const answerersOf = createAnswerers({
      ...{ respondent, media, encoder, model, seed },
      controlShare: baselines,
      ...(population === undefined ? {} : { population }),
    });
    const builder = new ResultsBuilder(samples);
    const show = progressLine();
    try {
      const tasks = plan.tasks(async (medium) => meanFeature(await encoder.embed(medium)));
      for await (const event of evaluateTasks(tasks, answerersOf, { log: runLog, signal })) {
        const { name: task, shots } = event.task;
        if (event.type === "answered") show(`${task}, ${shots} shots, ${event.answerer}: ${event.done}/${event.total} answered`, event.done === event.total);
        else builder.add(event.task, event.result, event.answered);
      }
      await runLog.finish();
    } finally {
      await log?.close();
    }
    const { results } = builder;
    const findings = findingsOf(results.map(written));
    const curves = curvesOf(results);
    const report = {
      model: name,
      opened: plan.opened,
      ...plan.settings,
      seconds: Math.round((performance.now() - started) / 1000),
      ...facts,
      ...builder.whole(provenance, runLog.tasks, findings, options.price),
      ...(curves.length > 0 && { curves }),
    };
    await writeExports(exports, builder, plan.submitted);
    if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
    if (page !== undefined) await writeReport(page, [{ name, report }], media);
    return { report, results, curves };
  } finally {
    await opened.dispose();
  }
}

/** What a reader of the figures has to know. */
function sayNotices(results: readonly TaskResult[]): void {
  for (const { task, shots, answerer, textExamples = 0, ranked = {}, refused = 0, questions } of results) {
    const say = (text: string): boolean => process.stderr.write(`${task}, ${shots} shots${answerer === "model" ? "" : `, ${answerer}`}: ${text}\n`);
    if (textExamples > 0 && answerer === "model") say(`asked after ${textExamples} examples in words alone, as the paper does`);
    const ways = Object.entries(ranked).filter(([, count]) => count > 0);
    if (ways.length > 0 && answerer === "model") say(`choices ranked by ${ways.map(([way, count]) => `${way} (${count})`).join(", ")}`);
    if (refused > 0) say(`the server would not answer ${refused} of ${questions} questions, which count as wrong`);
  }
}

function sayUsage({ prompt, answer, cost }: { readonly prompt: number; readonly answer: number; readonly cost?: number }): void {
  process.stderr.write(`tokens: ${prompt} of prompts, ${answer} of answers${cost === undefined ? "" : `; at the given price ${cost.toFixed(4)}`}\n`);
}
