import { writeWhole } from "../data/platform/node-write.ts";
import type { TaskResult } from "../evaluate/evaluate-tasks.ts";
import { findingsOf } from "../evaluate/findings.ts";
import { written } from "../evaluate/results.ts";
import { curvesOf } from "../evaluate/task-curves.ts";
import { type AnsweringOptions, answerPlan } from "./answer-plan.ts";
import type { EvaluationPlan } from "./evaluation-plan.ts";
import { checkExports, type Export, writeExports } from "./export-option.ts";
import { curveTable, resultTable } from "./result-table.ts";

export interface RunOptions extends AnsweringOptions {
  readonly export?: readonly Export[];
  readonly out?: string;
  readonly json?: boolean;
}

/** Asks what was planned, and says what it came to. */
export async function runEvaluation(plan: EvaluationPlan, options: RunOptions): Promise<void> {
  const { export: exports = [], out, json = false } = options;
  checkExports(exports, plan.runs);
  const started = performance.now();
  await answerPlan(plan, options, async ({ opened: { name, facts }, provenance, tasks, builder }) => {
    const { results } = builder;
    const findings = findingsOf(results.map(written));
    const curves = curvesOf(results);
    const report = {
      model: name,
      ...plan.settings,
      seconds: Math.round((performance.now() - started) / 1000),
      ...facts,
      ...builder.whole(provenance, tasks, findings, options.price),
      ...(curves.length > 0 && { curves }),
    };
    await writeExports(exports, builder, plan.submitted);
    if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
    sayNotices(results);
    if (report.usage !== undefined) sayUsage(report.usage);
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else if (results.every(({ measures }) => measures === undefined))
      process.stdout.write("the right answers of this split are with its evaluation server; write --export submission=FILE for it\n");
    else process.stdout.write([resultTable(results) + curveTable(curves), findings.map((each) => `${each}\n`).join("")].join(findings.length > 0 ? "\n" : ""));
  });
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
