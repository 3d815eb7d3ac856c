import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { ConfigError } from "../model/strict-config.ts";
import { createRuntime } from "../runtime/runtime.ts";
import type { RunConfig } from "../train/contrastive-config.ts";
import type { Ranks } from "../train/distribute/ranks.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import type { ResumeOptions } from "../train/run-checkpoint.ts";
import { parseOverride, readConfiguration, withOverrides } from "./configuration.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { StoppedError } from "./errors.ts";
import { collect, inRange } from "./option-values.ts";
import { runConfigOf, type TrainingOutcome, trainInFolder } from "./run-training.ts";
import { stoppable } from "./stoppable.ts";
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
  const config = await runConfigOf(overridden);
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
        const json = options.json === true;
        const outcome = await trainInFolder({ config, folder, modules, runtime, resume, json, tensorboard: options.tensorboard, signal, ranks });
        if (ranks.rank === 0) say(outcome, json);
        if (outcome.finished) return;
        signal.throwIfAborted();
        if (ranks.rank === 0) process.stderr.write("stopped, as another of the processes was told to; the same command with --resume goes on\n");
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

function say(outcome: TrainingOutcome, json: boolean): void {
  const { run, finished, weights, parts } = outcome;
  const which = weights === "last" ? "" : " (the average of the weights; the last ones are in checkpoint.safetensors)";
  if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  else if (finished) process.stdout.write(`trained${which}: ${parts.map((part) => join(run, part)).join(", ")}\n`);
}
