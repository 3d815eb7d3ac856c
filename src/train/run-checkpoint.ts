/** A run that can be continued: weights, their average, the optimiser's state, and where the data stands, in one safetensors file, written whole or not at all. */
import { readSafetensors, writeSafetensors } from "../checkpoint/safetensors.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { AdamW } from "../nn/optimiser.ts";
import type { WeightAverage } from "../nn/weight-average.ts";
import { type HostTensor, holdsNoNumbers } from "../runtime/runtime.ts";
import { checkpointOfStep, keepCheckpoints, keptSteps, latestCheckpoint } from "./checkpoint-policy.ts";
import { configChanges, described, rearranged } from "./config-changes.ts";
import type { RunConfig } from "./contrastive-config.ts";
import type { Ranks } from "./distribute/ranks.ts";
import type { RunFiles } from "./run-files.ts";
import type { TrainingSource } from "./training-source.ts";

/** What training changes. */
export interface RunState {
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly optimiser: AdamW;
  readonly average: WeightAverage | undefined;
}

const prefix = { weight: "weight.", average: "average.", optimiser: "optimiser." } as const;

/**
 * @param optimiserState - of whole weights, as {@link AdamW.state} names it
 * @param positions - where the data sets of each rank stand ({@link dataPositions})
 * @throws when a weight or the optimiser's state holds NaN or Infinity: nobody could go on from it; an earlier checkpoint stays
 */
export async function writeCheckpoint(
  files: RunFiles,
  config: RunConfig,
  step: number,
  state: Omit<RunState, "optimiser">,
  optimiserState: ReadonlyMap<string, Float32Array>,
  positions: readonly string[],
): Promise<void> {
  const { weights, shapes, average } = state;
  const floats = (begin: string, arrays: ReadonlyMap<string, Float32Array>): [string, HostTensor][] =>
    [...arrays].map(([name, data]) => [begin + name, { dtype: "float32", shape: shapes.get(name) ?? [data.length], data }]);
  const tensors = new Map([
    ...floats(prefix.weight, weights),
    ...(average === undefined ? [] : floats(prefix.average, average.values)),
    ...floats(prefix.optimiser, optimiserState),
  ]);
  const broken = [...tensors].find(([, tensor]) => holdsNoNumbers(tensor))?.[0];
  if (broken !== undefined)
    throw new Error(
      `${broken} holds values that are no numbers (NaN or Infinity) after step ${step}, so no checkpoint was written; an earlier one, if any, is still there: lower the learning rate and resume`,
    );
  await files.write(latestCheckpoint, writeSafetensors(tensors, { step: `${step}`, config: JSON.stringify(config), data: `[${positions.join(",")}]` }));
  await keepCheckpoints(files, step, config.train.keep);
}

/** Where the data sets of this process stand, as JSON. */
export function dataPositions(sources: readonly TrainingSource[]): string {
  return JSON.stringify(Object.fromEntries(sources.map((source) => [source.name, source.position?.()])));
}

/** Which checkpoint to go on from, and whether with another config. */
export interface ResumeOptions {
  /** Steps done, of one that was kept. Default: the latest. */
  readonly step?: number | undefined;
  /** Whether what the config changes is meant. */
  readonly acceptChanges?: boolean | undefined;
}

export interface Resumed {
  /** Steps done. */
  readonly step: number;
  /** What the config changes, one change a line. */
  readonly changes: readonly string[];
}

/**
 * Puts weights, optimiser and data sets back to where the checkpoint has them.
 * @throws when there is no checkpoint, it is damaged, of another number of processes, or of another config that nobody has accepted
 */
export async function readCheckpoint(
  files: RunFiles,
  config: RunConfig,
  { weights, optimiser, average }: RunState,
  sources: readonly TrainingSource[],
  { rank, size }: Pick<Ranks, "rank" | "size">,
  { step: wanted, acceptChanges = false }: ResumeOptions,
): Promise<Resumed> {
  const { tensors, metadata } = readSafetensors(await checkpointBytes(files, config.name, wanted));
  const { step, config: was, data } = metadata;
  const damaged = (what: string): Error =>
    new Error(`the checkpoint of "${config.name}" has no ${what}; it is damaged, or of another version of flamingo-vlm or another model`);
  if (step === undefined || was === undefined || data === undefined) throw damaged("step, config and data");
  const changes = configChanges(JSON.parse(was), config);
  const lines = changes.map(described);
  if (changes.length > 0 && !acceptChanges)
    throw new ConfigError(
      `the checkpoint of "${config.name}" was made with another config:\n  ${lines.join("\n  ")}\nGo on with these changes by --accept-changes, take them back, or begin a run of another name`,
    );
  const positions = JSON.parse(data) as readonly Readonly<Record<string, unknown>>[];
  if (positions.length !== size)
    throw new Error(
      `the checkpoint of "${config.name}" was made by ${positions.length} processes, and now there are ${size}; resume with as many, since each goes on with data of its own`,
    );
  const named = (begin: string): Map<string, Float32Array> =>
    new Map([...tensors].filter(([name]) => name.startsWith(begin)).map(([name, tensor]) => [name.slice(begin.length), tensor.data as Float32Array]));
  const stored = named(prefix.weight);
  const averaged = named(prefix.average);
  for (const [path, { length }] of weights) {
    if (stored.get(path)?.length !== length) throw damaged(`fitting ${path}`);
    // One that was made without an average, which begins then.
    if (average !== undefined && averaged.size > 0 && averaged.get(path)?.length !== length) throw damaged(`fitting average of ${path}`);
  }
  optimiser.restore(named(prefix.optimiser));
  for (const [path, weight] of weights) weight.set(stored.get(path)!);
  if (averaged.size > 0) average?.restore(averaged);
  const anew = rearranged(changes);
  const own = positions[rank]!;
  for (const source of sources) if (own[source.name] !== undefined && !anew.has(source.name)) source.goOnFrom?.(own[source.name]);
  return { step: Number(step), changes: lines };
}

async function checkpointBytes(files: RunFiles, name: string, wanted: number | undefined): Promise<Uint8Array> {
  const latest = await files.read(latestCheckpoint);
  if (latest === undefined) throw new Error(`the run "${name}" has no checkpoint to resume from; leave --resume out to begin it`);
  if (wanted === undefined || readSafetensors(latest).metadata["step"] === `${wanted}`) return latest;
  const kept = await files.read(checkpointOfStep(wanted));
  if (kept !== undefined) return kept;
  const steps = await keptSteps(files);
  throw new ConfigError(
    `the run "${name}" has no checkpoint after step ${wanted}; there are the latest, after step ${readSafetensors(latest).metadata["step"]}${steps.length === 0 ? "" : `, and those after steps ${steps.join(", ")}`}; "train.keep" says which ones stay`,
  );
}
