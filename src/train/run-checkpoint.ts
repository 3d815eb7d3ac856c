/** A run that can be continued: weights, the optimiser's state and the step in one safetensors file, written whole or not at all. */
import { readSafetensors, writeSafetensors } from "../checkpoint/safetensors.ts";
import type { AdamW } from "../nn/optimiser.ts";
import { holdsNoNumbers } from "../runtime/runtime.ts";
import type { Ranks } from "./distribute/ranks.ts";
import type { TrainingConfig } from "./training-config.ts";
import type { TrainingSource } from "./training-source.ts";

/** The files of one run. */
export interface RunFiles {
  /** @returns undefined when there is no such file */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Replaces the file at once; when that fails (a full disk), the old one is still there. */
  write(name: string, bytes: Uint8Array): Promise<void>;
}

const file = "checkpoint.safetensors";
const prefix = { weight: "weight.", optimiser: "optimiser." } as const;

/** @throws when a weight or the optimiser's state holds NaN or Infinity: nobody could go on from it; an earlier checkpoint stays */
export async function writeCheckpoint(
  files: RunFiles,
  config: TrainingConfig,
  step: number,
  weights: ReadonlyMap<string, Float32Array>,
  shapes: ReadonlyMap<string, readonly number[]>,
  optimiser: AdamW,
  /** Where the data sets of each rank stand ({@link dataPositions}). */
  positions: readonly string[],
): Promise<void> {
  const tensors = new Map([
    ...[...weights].map(([path, data]) => [prefix.weight + path, { dtype: "float32", shape: shapes.get(path)!, data }] as const),
    ...[...optimiser.state()].map(([name, data]) => [prefix.optimiser + name, { dtype: "float32", shape: [data.length], data }] as const),
  ]);
  const broken = [...tensors].find(([, tensor]) => holdsNoNumbers(tensor))?.[0];
  if (broken !== undefined)
    throw new Error(
      `${broken} holds values that are no numbers (NaN or Infinity) after step ${step}, so no checkpoint was written; an earlier one, if any, is still there: lower the learning rate and resume`,
    );
  await files.write(file, writeSafetensors(tensors, { step: `${step}`, recipe: recipe(config), data: `[${positions.join(",")}]` }));
}

/** Where the data sets of this process stand, as JSON. */
export function dataPositions(sources: readonly TrainingSource[]): string {
  return JSON.stringify(Object.fromEntries(sources.map(({ name, position }) => [name, position?.()])));
}

/**
 * Puts weights, optimiser and data sets back to where the checkpoint has them.
 * @returns the steps done
 * @throws when there is no checkpoint, it is damaged, or it belongs to a run with another recipe
 */
export async function readCheckpoint(
  files: RunFiles,
  config: TrainingConfig,
  weights: ReadonlyMap<string, Float32Array>,
  optimiser: AdamW,
  sources: readonly TrainingSource[],
  { rank, size }: Pick<Ranks, "rank" | "size">,
): Promise<number> {
  const bytes = await files.read(file);
  if (bytes === undefined) throw new Error(`the run "${config.name}" has no checkpoint to resume from; leave --resume out to begin it`);
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata["recipe"] !== recipe(config)) {
    throw new Error(
      `the checkpoint of "${config.name}" was made with another recipe (model, data or optimiser); resume with the same config, or begin a run of another name`,
    );
  }
  const positions = JSON.parse(metadata["data"] ?? "[]") as readonly Readonly<Record<string, unknown>>[];
  if (positions.length !== size)
    throw new Error(
      `the checkpoint of "${config.name}" was made by ${positions.length} processes, and now there are ${size}; resume with as many, since each goes on with data of its own`,
    );
  for (const [path, weight] of weights) {
    const stored = tensors.get(prefix.weight + path);
    if (stored?.data.length !== weight.length)
      throw new Error(`the checkpoint of "${config.name}" has no fitting ${path}; it is damaged or belongs to another model`);
    weight.set(stored.data as Float32Array);
  }
  const state = [...tensors].filter(([name]) => name.startsWith(prefix.optimiser));
  optimiser.restore(new Map(state.map(([name, { data }]) => [name.slice(prefix.optimiser.length), data as Float32Array])));
  const own = positions[rank]!;
  for (const source of sources) if (source.name in own) source.goOnFrom?.(own[source.name]);
  return Number(metadata["step"]);
}

/** Everything that a resumed run must share with the interrupted one. The number of steps may grow. */
function recipe({ name, model, stage, tokenizer, markers, preprocessing, data, combine, optimiser, train }: TrainingConfig): string {
  return JSON.stringify({ name, model, stage, tokenizer, markers, preprocessing, data, combine, optimiser, seed: train.seed });
}
