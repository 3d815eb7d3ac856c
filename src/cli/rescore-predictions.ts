import { readFile } from "node:fs/promises";
import { DataError } from "../data/errors.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import { textOf } from "../data/text-file.ts";
import type { TaskResult } from "../evaluate/evaluate-tasks.ts";
import { importPredictions } from "../evaluate/exchange/import-predictions.ts";
import { rescore, rescoreByTarget } from "../evaluate/exchange/rescore.ts";
import { written } from "../evaluate/results.ts";
import type { SuiteTask } from "../evaluate/suite.ts";
import { resultTable } from "./result-table.ts";

export interface RescoreOptions {
  readonly rescore: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Judges answers that were given before, here or elsewhere. @param tasks - what they may be answers to; none: the file itself says what is right */
export async function rescorePredictions(tasks: readonly SuiteTask[], { rescore: file, out, json = false }: RescoreOptions): Promise<void> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(error.code === "ENOENT" ? `there is no file ${file}` : `cannot read ${file} (${error.message})`, { cause: error });
  });
  const results: TaskResult[] = [];
  for (const imported of importPredictions(textOf(bytes, file), file)) {
    if (tasks.length === 0) {
      results.push(rescoreByTarget(imported));
      continue;
    }
    const task =
      tasks.find(({ name, shots }) => name === imported.task && shots === imported.shots) ?? tasks.find(({ name }) => name === imported.task) ?? tasks[0]!;
    const { result, missing, unknown } = rescore(task, imported);
    if (missing > 0) process.stderr.write(`${task.name}: ${missing} of ${task.cases.length} questions have no answer in ${file}, and are not judged\n`);
    if (unknown > 0) process.stderr.write(`${task.name}: ${unknown} answers in ${file} are to no question of this split, and are left out\n`);
    results.push(result);
  }
  const report = { rescored: file, results: results.map(written) };
  if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : resultTable(results.map(written)));
}
