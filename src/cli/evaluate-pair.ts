import { readFile } from "node:fs/promises";
import { writeWhole } from "../data/platform/node-write.ts";
import { textOf } from "../data/text-file.ts";
import { evaluatePair } from "../evaluate/contrastive/evaluate-pair.ts";
import { type PairBenchmark, pairBenchmarks } from "../evaluate/contrastive/pair-benchmarks.ts";
import { PairModel } from "../evaluate/contrastive/pair-model.ts";
import { checkTemplates, defaultTemplates } from "../evaluate/contrastive/zero-shot.ts";
import type { Measures } from "../evaluate/metrics/metric.ts";
import { inPercent } from "../evaluate/results.ts";
import { createRuntime, type Runtime } from "../runtime/runtime.ts";
import { type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { progressLine } from "./progress-line.ts";
import { percent, table } from "./result-table.ts";

/** What one measurement of a pair of towers is of. */
export interface PairEvaluation {
  readonly benchmark: string;
  readonly data: string;
  readonly split?: string | undefined;
  readonly limit?: number | undefined;
  /** A file with one template a line. */
  readonly templates?: string | undefined;
}

export interface PairCommandOptions extends DeviceOptions, Partial<PairEvaluation> {
  readonly pair: string;
  readonly out?: string;
  readonly json?: boolean;
}

export interface PairResult {
  readonly benchmark: string;
  readonly title: string;
  readonly data: string;
  readonly split: string;
  readonly measures: Measures;
}

/** `flamingo evaluate --pair RUN`: zero-shot classification, and retrieval both ways. */
export async function evaluatePairCommand({ pair: folder, benchmark, data, out, json = false, ...options }: PairCommandOptions): Promise<void> {
  const names = pairBenchmarks.map(({ name }) => name).join(", ");
  if (benchmark === undefined || data === undefined)
    throw new UsageError(`--pair ${folder} needs --benchmark (${names}) and --data FOLDER; docs/contrastive.md says what belongs there`);
  const started = performance.now();
  const runtime = await createRuntime({ ...runtimeOptions(options), worker: false });
  sayDevice(options, runtime);
  try {
    const [result] = await measurePair(folder, [{ ...options, benchmark, data }], runtime);
    const seconds = Math.round((performance.now() - started) / 1000);
    const report = { pair: folder, ...reported(result!), seconds, device: runtime.device, threads: runtime.threads };
    if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : pairTable([result!]));
  } finally {
    await runtime.dispose();
  }
}

/** @throws UsageError when there is no such benchmark or split; DataError when its files are not in order */
export async function measurePair(folder: string, evaluations: readonly PairEvaluation[], runtime: Runtime): Promise<PairResult[]> {
  const model = await PairModel.open(folder, runtime);
  const show = progressLine();
  try {
    const results: PairResult[] = [];
    for (const { benchmark: name, data, limit = Number.POSITIVE_INFINITY, templates, ...asked } of evaluations) {
      const benchmark = benchmarkNamed(name);
      const { split = benchmark.splits[0] } = asked;
      if (!benchmark.splits.includes(split)) throw new UsageError(`there is no split "${split}": ${benchmark.title} has ${benchmark.splits.join(", ")}`);
      const used = templates === undefined ? defaultTemplates : await readTemplates(templates);
      const task = await benchmark.open(data, split, limit);
      const total = task.pictures.length;
      const measures = await evaluatePair(model, task, used, (done) => show(`${benchmark.title}: ${done}/${total} pictures`, done === total));
      results.push({ benchmark: name, title: benchmark.title, data, split, measures });
    }
    return results;
  } finally {
    await model.dispose();
  }
}

function benchmarkNamed(name: string): PairBenchmark {
  const found = pairBenchmarks.find((each) => each.name === name);
  if (found === undefined)
    throw new UsageError(`there is no benchmark "${name}" of a pair of towers; there are: ${pairBenchmarks.map((each) => each.name).join(", ")}`);
  return found;
}

async function readTemplates(file: string): Promise<readonly string[]> {
  const lines = textOf(await readFile(file), file).split("\n");
  const templates = lines.map((line) => line.trim()).filter((line) => line !== "");
  checkTemplates(templates, file);
  return templates;
}

/** As results are written: without the items' own scores. */
export function reported({ measures, ...result }: PairResult): object {
  return { ...result, measures: Object.fromEntries(Object.entries(measures).map(([name, { estimate }]) => [name, inPercent(estimate)])) };
}

export function pairTable(results: readonly PairResult[]): string {
  const rows = results.flatMap(({ title, data, measures }) =>
    Object.entries(measures).map(([name, { estimate }]) => [
      `${title} (${data}): ${name}`,
      `${percent(estimate.value)} (${percent(estimate.low)}-${percent(estimate.high)})`,
      `${estimate.count}`,
    ]),
  );
  return table([["% (95% interval)", "", "of"], ...rows]);
}
