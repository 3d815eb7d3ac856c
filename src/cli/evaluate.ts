import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { openPhotographIndex } from "../data/nano/platform/node-photographs.ts";
import { openPictureIndex } from "../data/nano/platform/node-pictures.ts";
import { createAnswerers, picturesOf } from "../evaluate/nano/answerers.ts";
import { photographTasks } from "../evaluate/nano/photograph-tasks.ts";
import { type Answerer, evaluateTasks, nanoPictures, nanoTasks, type SuiteTask, type TaskResult } from "../evaluate/nano/suite.ts";
import { Flamingo } from "../index.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { countUpTo, inRange, sharedOption } from "./option-values.ts";
import { resultTable } from "./result-table.ts";

interface EvaluateOptions extends DeviceOptions {
  readonly model: string;
  readonly suite: string;
  readonly limit: number;
  readonly baselines: number;
  readonly pictures?: string;
  readonly seed: number;
  readonly only?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `flamingo evaluate`: results with their baselines beside them. */
export const evaluateCommand = (): Command =>
  addDeviceOptions(new Command("evaluate"))
    .description("measure a model on a suite of questions, with baselines and 95% confidence intervals")
    .option("--model <name>", "an embedded model, or a folder with a flamingo.json", "nano")
    .option("--suite <name>", "nano: drawings of things that training never showed; photographs: another domain, from `flamingo data photographs`", "nano")
    .option("--limit <number>", "questions per task", countUpTo(10_000), 240)
    .option(
      "--baselines <share>",
      "share of the questions that the model is asked again with something taken away; 0: none",
      inRange({ least: 0, most: 1 }),
      0.25,
    )
    .option("--pictures <folder>", "pictures of the suite (default: those that come with nano, or data/photographs)")
    .option("--only <text>", "only tasks whose name contains this")
    .option("--seed <number>", "of the questions", sharedOption("seed"), 1)
    .option("--out <file>", "also write the results as JSON")
    .option("--json", "print one JSON object")
    .action(evaluate);

async function evaluate(options: EvaluateOptions): Promise<void> {
  const { model: name, suite, limit, baselines, pictures, seed, only = "", out, json = false } = options;
  if (!Object.hasOwn(suites, suite)) throw new UsageError(`there is no suite "${suite}"; there are: ${Object.keys(suites).join(", ")}`);
  const started = performance.now();
  // Nothing else is to be done meanwhile, so the arithmetic need not be in another thread.
  const model = await Flamingo.load(name, { worker: false, ...runtimeOptions(options) });
  sayDevice(options, model);
  try {
    const { all, fileOf } = await suites[suite as keyof typeof suites](pictures, model.folder.location, limit, seed);
    const tasks = all.filter((task) => task.name.includes(only));
    if (tasks.length === 0) throw new UsageError(`--only ${only}: no task has that in its name`);
    process.stderr.write("encoding the pictures\n");
    const shown = picturesOf(tasks.flatMap(({ cases }) => cases));
    const answerers: Answerer[] = await createAnswerers({
      model,
      pictures: shown,
      fileOf,
      seed,
      baselineShare: baselines,
    });
    const results: TaskResult[] = [];
    for await (const { done, total, result } of evaluateTasks(tasks, answerers)) {
      results.push(result);
      process.stderr.write(`${done}/${total}  ${result.task}, ${result.shots} shots, ${result.answerer}: ${(100 * result.exact.value).toFixed(1)} %\n`);
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    const { device, threads } = model;
    const report = { model: name, suite, seed, questions: limit, pictures: shown.length, seconds, device, threads, results };
    if (out !== undefined) await writeFile(out, `${JSON.stringify(report, undefined, 1)}\n`);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : resultTable(results));
  } finally {
    await model.dispose();
  }
}

interface Suite {
  readonly all: readonly SuiteTask[];
  /** Where a picture's file lies. */
  readonly fileOf: (picture: string) => string;
}

const suites = {
  async nano(pictures: string | undefined, model: string, limit: number, seed: number): Promise<Suite> {
    const folder = pictures ?? join(model, "evaluation");
    const all = nanoTasks(nanoPictures(await openPictureIndex(folder)), limit, seed);
    return { all, fileOf: (id) => join(folder, "pictures", `${id}.webp`) };
  },
  async photographs(pictures: string | undefined, _model: string, limit: number, seed: number): Promise<Suite> {
    const folder = pictures ?? "data/photographs";
    return { all: photographTasks(await openPhotographIndex(folder), limit, seed), fileOf: (id) => join(folder, id) };
  },
};
