import { Command, InvalidArgumentError, Option } from "commander";
import { writeWhole } from "../data/platform/node-write.ts";
import { createAnswerers, picturesOf } from "../evaluate/answerers.ts";
import { benchmarks } from "../evaluate/benchmarks/benchmarks.ts";
import { areEpisodes, openEpisodes } from "../evaluate/episodes/episodes.ts";
import { evaluateTasks, learningCurves, type OpenSuite, type SuiteOptions, type TaskResult } from "../evaluate/suite.ts";
import { Flamingo } from "../index.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { type BenchmarkCommandOptions, evaluateBenchmark } from "./evaluate-benchmark.ts";
import { callModule } from "./import-module.ts";
import { countUpTo, inRange, refuseWithout, sharedOption } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { recipeModule } from "./recipe-module.ts";
import { curveTable, resultTable } from "./result-table.ts";

interface EvaluateOptions extends DeviceOptions {
  readonly model: string;
  readonly suite: string;
  readonly limit?: number;
  readonly baselines: number;
  readonly pictures?: string;
  readonly seed: number;
  readonly shots?: readonly number[];
  readonly only?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `flamingo evaluate`: results with their baselines beside them. */
export const evaluateCommand = (): Command =>
  addDeviceOptions(new Command("evaluate"))
    .description("measure a model on a suite of questions, with baselines and 95% confidence intervals")
    .option("--model <name>", "an embedded model, or a folder with a flamingo.json", "nano")
    .option(
      "--suite <name>",
      "nano: drawings of things that training never showed; nano/photographs-suite: another domain, from `flamingo data nano/photographs-data`; packaged: all that packages give; or episodes of your own (episodes.json, or a JSONL file); or a module whose default export opens a suite",
      "nano",
    )
    .option("--benchmark <name>", `in place of a suite: ${benchmarks.map(({ name }) => name).join(", ")}; or a JSONL file of your own`)
    .option("--data <folder>", "the benchmark's files in their official form; docs/evaluating.md says where they come from")
    .option("--shots <numbers>", "examples before each question: 0,4,8 (default: of a benchmark these, of a suite all that it has)", shotCounts)
    .option("--split <name>", "of the benchmark (default: the paper's, as far as its answers are public)")
    .addOption(
      new Option("--select <how>", "how a benchmark's examples are found; rices: those whose pictures are most like the question's")
        .choices(["random", "rices"])
        .default("random"),
    )
    .option("--trials <number>", "times that a benchmark is asked, each with other random examples", countUpTo(100), 1)
    .option("--pool <number>", "examples that a benchmark's are taken from", countUpTo(1_000_000), 2048)
    .option("--beams <number>", "hypotheses of beam search for answers in words to a benchmark", sharedOption("beams"), 3)
    .option("--frames <number>", "frames shown of a benchmark's video", countUpTo(1000), 8)
    .option("--predictions <file>", "also write a benchmark's answers as its evaluation server takes them")
    .option("--limit <number>", "questions per task (default: 240, of a benchmark all)", countUpTo(1_000_000))
    .option(
      "--baselines <share>",
      "share of the questions that the model is asked again with something taken away; 0: none",
      inRange({ least: 0, most: 1 }),
      0.25,
    )
    .option("--pictures <folder>", "pictures of the suite, of vl-icl its questions too (default: its own)")
    .option("--only <text>", "only tasks whose name contains this")
    .option("--seed <number>", "of the questions", sharedOption("seed"), 1)
    .option("--out <file>", "also write the results as JSON")
    .option("--json", "print one JSON object")
    .action(async (options: EvaluateOptions & Partial<BenchmarkCommandOptions>) => {
      const { benchmark, data, split, predictions } = options;
      if (benchmark !== undefined)
        return evaluateBenchmark({ shots: [0, 4, 8], ...(options as Partial<BenchmarkCommandOptions>), benchmark } as BenchmarkCommandOptions);
      refuseWithout("they belong to a --benchmark", { "--data": data, "--split": split, "--predictions": predictions });
      return evaluate(options);
    });

/** Numbers of examples, between commas. */
function shotCounts(text: string): readonly number[] {
  const counts = text.split(",").map((each) => (/^ *\d+ *$/.test(each) ? Number(each) : Number.NaN));
  if (counts.some((count) => !(count <= 1000))) throw new InvalidArgumentError("It must be whole numbers from 0 to 1000, such as 0,4,8.");
  return counts;
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const { model: name, suite, limit = 240, baselines, pictures, seed, shots, only = "", out, json = false } = options;
  const wanted: SuiteOptions = { pictures, limit, seed, show: progressLine(), ...(shots && { shots }) };
  const isSuite = ({ tasks, fileOf }: Readonly<Record<string, unknown>>): boolean => Array.isArray(tasks) && tasks.length > 0 && typeof fileOf === "function";
  const { tasks: all, fileOf } = areEpisodes(suite)
    ? await openEpisodes(suite, wanted)
    : await callModule<OpenSuite>(recipeModule(suite, "suite"), "opens a suite of tasks", isSuite, wanted);
  const tasks = all.filter((task) => task.name.includes(only));
  if (tasks.length === 0) throw new UsageError(`--only ${only}: no task${shots === undefined ? "" : " with such a number of shots"} has that in its name`);
  const started = performance.now();
  // Nothing else is to be done meanwhile, so the arithmetic need not be in another thread.
  const model = await Flamingo.load(name, { worker: false, ...runtimeOptions(options) });
  sayDevice(options, model);
  try {
    process.stderr.write("encoding the pictures\n");
    const shown = picturesOf(tasks.flatMap(({ cases }) => cases));
    const answerersOf = await createAnswerers({
      model,
      pictures: shown,
      fileOf,
      seed,
      baselineShare: baselines,
    });
    const results: TaskResult[] = [];
    for await (const { done, total, result } of evaluateTasks(tasks, answerersOf)) {
      results.push(result);
      process.stderr.write(`${done}/${total}  ${result.task}, ${result.shots} shots, ${result.answerer}: ${(100 * result.right.value).toFixed(1)} %\n`);
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    const { device, threads } = model;
    const curves = learningCurves(results);
    const report = { model: name, suite, seed, questions: limit, pictures: shown.length, seconds, device, threads, results, curves };
    if (out !== undefined) await writeWhole(out, `${JSON.stringify(report, undefined, 1)}\n`);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : resultTable(results) + curveTable(curves));
  } finally {
    await model.dispose();
  }
}
