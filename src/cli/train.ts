import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { ConfigError } from "../model/strict-config.ts";
import { createRuntime, type Runtime } from "../runtime/runtime.ts";
import type { Ranks } from "../train/distribute/ranks.ts";
import type { StepEvent } from "../train/loop.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import { train } from "../train/run.ts";
import type { ResumeOptions } from "../train/run-checkpoint.ts";
import { parseTrainingConfig, type TrainingConfig } from "../train/training-config.ts";
import { unlessStopped } from "../train/unless-stopped.ts";
import { parseOverride, readConfiguration, withOverrides } from "./configuration.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { StoppedError } from "./errors.ts";
import { collect, inRange } from "./option-values.ts";
import { prepareTogether } from "./prepare-together.ts";
import { stoppable } from "./stoppable.ts";
import { TrainingEvents } from "./training-events.ts";
import { exportTrainedParts, type TrainingPlaces } from "./training-inputs.ts";
import { withPublishedParts } from "./training-parts.ts";
import { trainingProgress } from "./training-progress.ts";
import { addRankOptions, asOneOfRanks, type RankOptions } from "./training-ranks.ts";

interface TrainOptions extends DeviceOptions, RankOptions {
  readonly resume?: boolean;
  readonly resumeFrom?: number;
  readonly acceptChanges?: boolean;
  readonly set?: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

/** `flamingo train CONFIG`: trains one stage. */
export const trainCommand = (): Command =>
  addRankOptions(addDeviceOptions(new Command("train")))
    .description("train what a config describes; Ctrl-C keeps a checkpoint that --resume goes on from")
    .argument("<config>", "a .ts, .js or .json file; the package's folder recipes/ has some to copy")
    .option("--resume", "go on from the run's latest checkpoint")
    .option("--resume-from <step>", "go on from the checkpoint after so many steps, which train.keep has kept", inRange({ whole: true, least: 1 }))
    .option("--accept-changes", "go on although the config is another than the checkpoint's")
    .option("--set <key=value>", "change one value of the config, such as train.steps=20; may be repeated", collect)
    .option("--out <folder>", "where runs are kept", "runs")
    .option("--json", "print one JSON object with the outcome")
    .action(runTraining);

async function runTraining(file: string, options: TrainOptions): Promise<void> {
  const overridden = withOverrides(await readConfiguration(file), (options.set ?? []).map(parseOverride));
  const config = parseTrainingConfig(await withPublishedParts(overridden));
  const places = { folder: resolve(options.out, config.name), modules: dirname(resolve(file)) };
  await asOneOfRanks(options, (ranks, threads) => trainOnRank(config, places, { ...options, ...(threads === undefined ? {} : { threads }) }, ranks));
}

async function trainOnRank(config: TrainingConfig, places: TrainingPlaces, options: TrainOptions, ranks: Ranks): Promise<void> {
  const { folder } = places;
  const resume = await resumeOptions(folder, options);
  await mkdir(folder, { recursive: true });
  const runtime = await createRuntime(runtimeOptions(options));
  if (ranks.rank === 0) sayDevice(options, runtime);
  try {
    await stoppable(
      async (signal) => {
        if (ranks.rank === 0) signal.addEventListener("abort", () => process.stderr.write("\nstopping\n"));
        await trainInFolder(config, places, runtime, ranks, resume, options.json === true, signal);
      },
      () => "stopped; the same command with --resume goes on",
    );
  } catch (error) {
    // What it was in the middle of is not waited for: the process ends with it.
    if (error instanceof StoppedError) throw error;
    await runtime.dispose();
    throw error;
  }
  await runtime.dispose();
}

/** @throws ConfigError when there is a checkpoint and nobody has said that the run shall go on from it */
async function resumeOptions(folder: string, { resume = false, resumeFrom, acceptChanges }: TrainOptions): Promise<false | ResumeOptions> {
  const begun = (await runFolder(folder).read("checkpoint.safetensors")) !== undefined;
  if (begun && !resume && resumeFrom === undefined)
    throw new ConfigError(`the run ${folder} has a checkpoint already; continue it with --resume, delete the folder, or choose another name with --set name=…`);
  return begun || resumeFrom !== undefined ? { step: resumeFrom, acceptChanges } : false;
}

async function trainInFolder(
  config: TrainingConfig,
  places: TrainingPlaces,
  runtime: Runtime,
  ranks: Ranks,
  resume: false | ResumeOptions,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { folder } = places;
  const files = runFolder(folder);
  const inputs = await unlessStopped(prepareTogether(config, places, runtime, ranks), ranks.size === 1 ? signal : undefined);
  const run = train({ config, ...inputs, runtime, files, resume, signal, ranks });
  if (ranks.rank > 0) return followRun(run, signal);
  const show = trainingProgress();
  const started = performance.now();
  const events = new TrainingEvents(folder);
  let last: StepEvent | undefined;
  let result = await run.next();
  // What "flamingo pack" makes a model folder from; of a run that goes on, once it has been looked whether it may.
  await files.write("config.json", new TextEncoder().encode(`${JSON.stringify(config, undefined, 2)}\n`));
  for (; result.done !== true && result.value.type !== "stopped"; result = await run.next()) {
    await events.add(result.value);
    show(result.value);
    if (result.value.type === "step") last = result.value;
  }
  const parts = result.done === true ? await exportTrainedParts(result.value, files, config.optimiser.averageDecay) : [];
  const outcome = {
    run: folder,
    finished: result.done === true,
    step: last?.step,
    losses: last?.losses,
    seconds: Math.round((performance.now() - started) / 1000),
    device: runtime.device,
    threads: runtime.threads,
    ranks: ranks.size,
    weights: config.optimiser.averageDecay === undefined ? "last" : "average",
    parts,
  };
  if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  else if (result.done === true) {
    const which = config.optimiser.averageDecay === undefined ? "" : " (the average of the weights; the last ones are in checkpoint.safetensors)";
    process.stdout.write(`trained${which}: ${parts.map((part) => join(folder, part)).join(", ")}\n`);
  }
  if (result.done === true) return;
  signal.throwIfAborted();
  process.stderr.write("stopped, as another of the processes was told to; the same command with --resume goes on\n");
}

/** Trains as one of the processes that write nothing and say nothing. */
async function followRun(run: ReturnType<typeof train>, signal: AbortSignal): Promise<void> {
  for (let result = await run.next(); result.done !== true; result = await run.next()) if (result.value.type === "stopped") signal.throwIfAborted();
}
