import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { ConfigError } from "../model/strict-config.ts";
import { createRuntime, type HostTensor, type Runtime } from "../runtime/runtime.ts";
import { parseContrastiveTrainingConfig, type RunConfig } from "../train/contrastive-config.ts";
import { firstRankFirst, type Ranks } from "../train/distribute/ranks.ts";
import type { StepEvent } from "../train/loop.ts";
import { eventFile } from "../train/platform/node-event-file.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import { train } from "../train/run.ts";
import type { ResumeOptions } from "../train/run-checkpoint.ts";
import type { RunFiles } from "../train/run-files.ts";
import { parseTrainingConfig } from "../train/training-config.ts";
import { unlessStopped } from "../train/unless-stopped.ts";
import { parseOverride, readConfiguration, withOverrides } from "./configuration.ts";
import { withPairParts } from "./contrastive-parts.ts";
import { finishContrastive, prepareContrastive } from "./contrastive-stage.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { StoppedError } from "./errors.ts";
import { collect, inRange } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";
import { stoppable } from "./stoppable.ts";
import { TrainingEvents } from "./training-events.ts";
import { exportTrainedParts, prepareTraining } from "./training-inputs.ts";
import { withPublishedParts } from "./training-parts.ts";
import { trainingProgress } from "./training-progress.ts";
import { addRankOptions, asOneOfRanks, type RankOptions } from "./training-ranks.ts";

interface TrainOptions extends DeviceOptions, RankOptions {
  readonly resume?: boolean;
  readonly resumeFrom?: number;
  readonly acceptChanges?: boolean;
  readonly set?: readonly string[];
  readonly out: string;
  readonly tensorboard: boolean;
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
    .option("--no-tensorboard", "leave out the files for TensorBoard in the run's folder")
    .option("--json", "print one JSON object with the outcome")
    .action(runTraining);

async function runTraining(file: string, options: TrainOptions): Promise<void> {
  const overridden = withOverrides(await readConfiguration(file), (options.set ?? []).map(parseOverride));
  const config =
    overridden["stage"] === "contrastive"
      ? parseContrastiveTrainingConfig(await withPairParts(overridden))
      : parseTrainingConfig(await withPublishedParts(overridden));
  await asOneOfRanks(options, (ranks, threads) =>
    trainOnRank(config, dirname(resolve(file)), threads === undefined ? options : { ...options, threads }, ranks),
  );
}

/** @param modules - the folder that the config's modules are named from */
async function trainOnRank(config: RunConfig, modules: string, options: TrainOptions, ranks: Ranks): Promise<void> {
  const folder = resolve(options.out, config.name);
  const resume = await resumeOptions(folder, options);
  await mkdir(folder, { recursive: true });
  const runtime = await createRuntime(runtimeOptions(options));
  if (ranks.rank === 0) sayDevice(options, runtime);
  try {
    await stoppable(
      async (signal) => {
        if (ranks.rank === 0) signal.addEventListener("abort", () => process.stderr.write(ranks.size === 1 ? "\nstopping\n" : "\nstopping after this step\n"));
        await trainInFolder({ config, folder, modules, runtime, resume, json: options.json === true, tensorboard: options.tensorboard, signal, ranks });
      },
      () => "stopped; the same command with --resume goes on",
    );
  } catch (error) {
    // What one process was in the middle of is not waited for: it ends with the process.
    if (error instanceof StoppedError && ranks.size === 1) error.leavesWork = true;
    else await runtime.dispose();
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

interface FolderRun {
  readonly config: RunConfig;
  readonly folder: string;
  readonly modules: string;
  readonly runtime: Runtime;
  readonly resume: false | ResumeOptions;
  readonly json: boolean;
  readonly tensorboard: boolean;
  readonly signal: AbortSignal;
  readonly ranks: Ranks;
}

async function trainInFolder({ config, folder, modules, runtime, resume, json, tensorboard, signal, ranks }: FolderRun): Promise<void> {
  const files = runFolder(folder);
  const first = ranks.rank === 0;
  // What is learnt and encoded before training is there for the others when the first has done it.
  const preparing = firstRankFirst(ranks, async () => {
    const places = { folder, modules };
    const show = first ? progressLine() : () => {};
    const prepared =
      config.stage === "contrastive" ? await prepareContrastive(config, places, show, ranks) : await prepareTraining(config, places, runtime, show, ranks);
    if (resume === false) await shareConfig(config, files, ranks);
    return prepared;
  });
  const inputs = await unlessStopped(preparing, ranks.size === 1 ? signal : undefined);
  const run = train({ config, ...inputs, runtime, files, resume, signal, ranks });
  const show = trainingProgress();
  const started = performance.now();
  const events = new TrainingEvents(folder);
  const tensorBoard = tensorboard && first ? eventFile(join(folder, "tensorboard")) : undefined;
  let last: StepEvent | undefined;
  let result = await run.next();
  // A run that goes on keeps its config until it is clear that it may go on with this one.
  if (first) await shareConfig(config, files, ranks);
  for (; result.done !== true && result.value.type !== "stopped"; result = await run.next()) {
    if (result.value.type === "step") last = result.value;
    if (!first) continue;
    await events.add(result.value);
    await tensorBoard?.(result.value);
    show(result.value);
  }
  const weights = result.done === true ? result.value : undefined;
  const finished = weights !== undefined;
  if (first) {
    const { averageDecay } = config.optimiser;
    const made = finished ? await finish(config, weights, { folder, files, runtime, json }) : { parts: [] };
    const outcome = {
      run: folder,
      finished,
      step: last?.step,
      losses: last?.losses,
      seconds: Math.round((performance.now() - started) / 1000),
      device: runtime.device,
      threads: runtime.threads,
      ranks: ranks.size,
      weights: averageDecay === undefined ? "last" : "average",
      ...made,
    };
    const which = averageDecay === undefined ? "" : " (the average of the weights; the last ones are in checkpoint.safetensors)";
    if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    else if (finished) process.stdout.write(`trained${which}: ${made.parts.map((part) => join(folder, part)).join(", ")}\n`);
  }
  if (finished) return;
  signal.throwIfAborted();
  if (first) process.stderr.write("stopped, as another of the processes was told to; the same command with --resume goes on\n");
}

/**
 * Keeps the config in the run's folder, which "flamingo pack" makes a model folder from.
 * @throws ConfigError when another rank does not find there what the first has kept, and is what it was told itself
 */
async function shareConfig(config: RunConfig, files: RunFiles, { rank }: Ranks): Promise<void> {
  const text = `${JSON.stringify(config, undefined, 2)}\n`;
  if (rank === 0) return files.write("config.json", new TextEncoder().encode(text));
  const found = await files.read("config.json");
  if (found === undefined || new TextDecoder().decode(found) !== text)
    throw new ConfigError(
      `the run's folder ${found === undefined ? "does not hold" : "holds another config than"} what rank 0 was given; all machines need the same config, and a folder for --out that they share`,
    );
}

/** Writes what the run has made. @returns what the outcome says of it */
async function finish(
  config: RunConfig,
  weights: ReadonlyMap<string, HostTensor>,
  places: Parameters<typeof finishContrastive>[2],
): Promise<Awaited<ReturnType<typeof finishContrastive>>> {
  if (config.stage === "contrastive") return finishContrastive(config, weights, places);
  return { parts: await exportTrainedParts(weights, places.files, config.optimiser.averageDecay) };
}
