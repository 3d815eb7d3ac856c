/** A training run in its folder: what `flamingo train` does, and every command that trains. */
import { join } from "node:path";
import { ConfigError } from "../model/strict-config.ts";
import type { HostTensor, Runtime } from "../runtime/runtime.ts";
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
import { withPairParts } from "./contrastive-parts.ts";
import { finishContrastive, prepareContrastive } from "./contrastive-stage.ts";
import { progressLine } from "./progress-line.ts";
import { TrainingEvents } from "./training-events.ts";
import { exportTrainedParts, prepareTraining } from "./training-inputs.ts";
import { withPublishedParts } from "./training-parts.ts";
import { trainingProgress } from "./training-progress.ts";

/** A run's config, whatever its stage, with what parts that others published say of themselves. @throws ConfigError */
export async function runConfigOf(config: Record<string, unknown>): Promise<RunConfig> {
  return config["stage"] === "contrastive"
    ? parseContrastiveTrainingConfig(await withPairParts(config))
    : parseTrainingConfig(await withPublishedParts(config));
}

export interface FolderRun {
  readonly config: RunConfig;
  readonly folder: string;
  readonly modules: string;
  readonly runtime: Runtime;
  readonly resume: false | ResumeOptions;
  readonly tensorboard: boolean;
  /** Whether standard output is for JSON alone: nothing else is printed there then. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly ranks: Ranks;
}

/** What a run has come to. */
export interface TrainingOutcome {
  readonly run: string;
  readonly finished: boolean;
  readonly step: number | undefined;
  readonly losses: StepEvent["losses"] | undefined;
  readonly seconds: number;
  readonly device: string;
  readonly threads: number;
  readonly ranks: number;
  readonly weights: "last" | "average";
  /** Files of weights in the run's folder. */
  readonly parts: readonly string[];
}

/** Trains into a run's folder, with progress on standard error. A run that was told to stop has not finished, and left a checkpoint. */
export async function trainInFolder({ config, folder, modules, runtime, resume, json, tensorboard, signal, ranks }: FolderRun): Promise<TrainingOutcome> {
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
  const { averageDecay } = config.optimiser;
  const made = first && finished ? await finish(config, weights, { folder, files, runtime, json }) : { parts: [] };
  return {
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
