import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { DataError } from "../data/errors.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import { textOf } from "../data/text-file.ts";
import { modelName } from "../evaluate/answerers.ts";
import type { TaskResult } from "../evaluate/evaluate-tasks.ts";
import { importPredictions } from "../evaluate/exchange/import-predictions.ts";
import { rescore, rescoreByTarget } from "../evaluate/exchange/rescore.ts";
import { findingsOf } from "../evaluate/findings.ts";
import { arePredictions, type Predictions, type Provenance, readPredictions } from "../evaluate/predictions.ts";
import type { Answered } from "../evaluate/question.ts";
import { ResultsBuilder, written } from "../evaluate/results.ts";
import type { SuiteTask } from "../evaluate/suite.ts";
import { UsageError } from "./errors.ts";
import type { JudgedQuestions } from "./judged-questions.ts";
import { resultTable } from "./result-table.ts";
import { writeReport } from "./write-report.ts";

export interface RescoreOptions {
  readonly rescore: string;
  readonly out?: string;
  readonly report?: string;
  readonly samples?: number;
  readonly json?: boolean;
}

/**
 * Judges answers that were given before, here or elsewhere.
 * @param questionsOf - what they may be answers to, by where they come from, which files of ours say; undefined: the file itself says what is right
 */
export async function rescorePredictions(
  questionsOf: (provenance: Provenance) => Promise<JudgedQuestions | undefined>,
  { rescore: file, out, report: page, samples, json = false }: RescoreOptions,
): Promise<void> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(error.code === "ENOENT" ? `there is no file ${file}` : `cannot read ${file} (${error.message})`, { cause: error });
  });
  const text = textOf(bytes, file);
  const { provenance, tasks: hashes }: Omit<Predictions, "answers"> = arePredictions(text) ? readPredictions(text, file) : { provenance: {}, tasks: [] };
  const asked = await questionsOf(provenance);
  if (asked === undefined && page !== undefined) throw new UsageError("--report needs the questions: name their --benchmark and --data, or their --suite");
  const builder = new ResultsBuilder(samples);
  const results: TaskResult[] = [];
  let model: { readonly task: SuiteTask; readonly answered: readonly Answered[] } | undefined;
  for (const imported of importPredictions(text, file)) {
    if (asked === undefined) {
      results.push(rescoreByTarget(imported));
      continue;
    }
    const { tasks } = asked;
    const named = tasks.filter(({ name }) => name === imported.task);
    const alike = named.filter(({ shots }) => shots === imported.shots);
    const found = alike.find(({ trial = 0 }) => trial === imported.trial) ?? alike[0] ?? named[0] ?? tasks[0]!;
    const { result, task, answered, missing, unknown } = rescore(found, imported, model?.task === found ? model.answered : []);
    if (imported.answerer === modelName) {
      model = { task: found, answered };
      if (missing > 0) process.stderr.write(`${task.name}: ${missing} of ${found.cases.length} questions have no answer in ${file}, and are not judged\n`);
    }
    if (unknown > 0) process.stderr.write(`${task.name}: ${unknown} answers in ${file} are to no question of this split, and are left out\n`);
    builder.add(task, result, answered);
    results.push(result);
  }
  const lines = results.map(written);
  const findings = findingsOf(lines);
  const { model: name = basename(file) } = provenance;
  const report = {
    ...{ model: String(name), rescored: file, opened: asked?.opened ?? {} },
    ...builder.whole(provenance, hashes, findings, undefined),
    results: lines,
  };
  if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
  if (page !== undefined) await writeReport(page, [{ name: report.model, report }], asked!.media);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : resultTable(lines));
}
