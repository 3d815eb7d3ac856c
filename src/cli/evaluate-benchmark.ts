import { basename, dirname } from "node:path";
import { writeWhole } from "../data/platform/node-write.ts";
import type { Answered, Benchmark, Measures } from "../evaluate/benchmarks/benchmark.ts";
import { BenchmarkFiles } from "../evaluate/benchmarks/benchmark-files.ts";
import { benchmarks } from "../evaluate/benchmarks/benchmarks.ts";
import { ownBenchmark } from "../evaluate/benchmarks/own-benchmark.ts";
import { type BenchmarkResult, type BenchmarkRunOptions, runBenchmark } from "../evaluate/benchmarks/run-benchmark.ts";
import { Flamingo } from "../index.ts";
import { type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { table } from "./result-table.ts";

export interface BenchmarkCommandOptions extends DeviceOptions, Omit<BenchmarkRunOptions, "signal" | "limit"> {
  readonly model: string;
  readonly benchmark: string;
  readonly data?: string;
  readonly split?: string;
  readonly limit?: number;
  readonly predictions?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `flamingo evaluate --benchmark`: figures as papers print them. */
export async function evaluateBenchmark(options: BenchmarkCommandOptions): Promise<void> {
  const { model: name, limit, shots, seed, select, trials, beams, pool, frames, predictions, out, json = false } = options;
  const benchmark = benchmarkNamed(options.benchmark);
  const { data = isOwn(options.benchmark) ? dirname(options.benchmark) : undefined, split = benchmark.splits[0] } = options;
  if (data === undefined) throw new UsageError(`--benchmark ${benchmark.name} needs --data FOLDER: docs/evaluating.md says which files belong there`);
  if (!benchmark.splits.includes(split)) throw new UsageError(`--split ${split}: ${benchmark.title} has ${benchmark.splits.join(", ")}`);
  const tooMany = shots.find((count) => count > (benchmark.mostShots ?? Number.POSITIVE_INFINITY));
  if (tooMany !== undefined) throw new UsageError(`--shots ${tooMany}: ${benchmark.title} is asked with at most ${benchmark.mostShots}`);
  if (predictions !== undefined && (shots.length > 1 || trials > 1))
    throw new UsageError("--predictions is a file of one run's answers: give one number of --shots and one trial");
  const opened = await benchmark.open(new BenchmarkFiles(data), split);
  const started = performance.now();
  const model = await Flamingo.load(name, { worker: false, ...runtimeOptions(options) });
  sayDevice(options, model);
  try {
    const results: BenchmarkResult[] = [];
    for await (const event of runBenchmark(benchmark, opened, model, { shots, trials, seed, select, limit, pool, beams, frames })) {
      if (event.type === "answered") process.stderr.write(`${benchmark.title}, ${event.shots} shots: ${event.done}/${event.total} answered\n`);
      else {
        results.push(event.result);
        if (event.result.textExamples > 0)
          process.stderr.write(`${benchmark.title}, 0 shots: asked after ${event.result.textExamples} examples in words alone, as the paper does\n`);
      }
    }
    if (predictions !== undefined)
      await writeWhole(predictions, `${JSON.stringify(results[0]!.answered.map(benchmark.submitted ?? plainSubmission), undefined, 1)}\n`);
    const seconds = Math.round((performance.now() - started) / 1000);
    const { device, threads } = model;
    const settings = { model: name, benchmark: benchmark.name, split, seed, select, beams, pool, frames };
    const report = { ...settings, seconds, device, threads, results: results.map(reported) };
    if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : benchmarkTable(benchmark, results));
  } finally {
    await model.dispose();
  }
}

function isOwn(name: string): boolean {
  return name.endsWith(".jsonl");
}

function benchmarkNamed(name: string): Benchmark {
  if (isOwn(name)) return ownBenchmark(basename(name));
  const found = benchmarks.find((each) => each.name === name);
  if (found === undefined)
    throw new UsageError(`there is no benchmark "${name}"; there are: ${benchmarks.map((each) => each.name).join(", ")}; or name a JSONL file of your own`);
  return found;
}

function plainSubmission({ question, answer }: Answered): unknown {
  return { question_id: question.id, answer: answer.text };
}

/** Figures as percentages, without the items' own. */
function reported({ measures, answered, ...result }: BenchmarkResult): unknown {
  const predictions = answered.map(({ question, answer }) => ({ id: question.id, answer: answer.text }));
  return { ...result, measures: measures && inPercent(measures), predictions };
}

function inPercent(measures: Measures): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(measures).map(([name, { estimate }]) => [
      name,
      { value: 100 * estimate.value, low: 100 * estimate.low, high: 100 * estimate.high, count: estimate.count },
    ]),
  );
}

/** One line for each figure, one column for each number of examples; of several trials the mean and how far apart they are. */
function benchmarkTable({ title }: Benchmark, results: readonly BenchmarkResult[]): string {
  const byShots = [...Map.groupBy(results, ({ shots }) => shots)];
  const names = Object.keys(results[0]?.measures ?? {});
  if (names.length === 0) return `${title}: the right answers of this split are with its evaluation server; write --predictions FILE for it\n`;
  const cell = (of: readonly BenchmarkResult[], name: string): string => {
    const estimates = of.flatMap(({ measures }) => measures?.[name]?.estimate ?? []);
    if (estimates.length === 0) return "";
    const percent = (value: number): string => (100 * value).toFixed(1);
    const mean = estimates.reduce((sum, { value }) => sum + value, 0) / estimates.length;
    if (estimates.length === 1) return `${percent(mean)} (${percent(estimates[0]!.low)}-${percent(estimates[0]!.high)})`;
    const deviation = Math.sqrt(estimates.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (estimates.length - 1));
    return `${percent(mean)} ± ${percent(deviation)}`;
  };
  const heading = [
    `${title} (95% interval)`,
    ...byShots.map(([shots, of]) => `${shots} shots${of[0]!.textExamples > 0 ? ` (${of[0]!.textExamples} in words)` : ""}`),
  ];
  return table([heading, ...names.map((name) => [name, ...byShots.map(([, of]) => cell(of, name))])]);
}
