/** Which checkpoints of a run stay. */
import type { RunFiles } from "./run-files.ts";

/** The latest one. */
export const latestCheckpoint = "checkpoint.safetensors";

/** One that stays beside the latest. */
export const checkpointOfStep = (step: number): string => `checkpoint-${step}.safetensors`;

export interface KeepPolicy {
  /** So many of the last ones. */
  readonly last: number;
  /** Those after every so many steps, for good. */
  readonly every?: number | undefined;
}

/** Steps of which there are checkpoints that stay, in order. */
export async function keptSteps(files: RunFiles): Promise<readonly number[]> {
  const steps = (await files.list()).map((name) => /^checkpoint-(\d+)\.safetensors$/.exec(name)?.[1]);
  return steps
    .filter((step) => step !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Gives the latest checkpoint a name of its own where it is to stay, and removes those that need not stay any more. Those of later steps, which a run had that went on from an earlier one, are left. */
export async function keepCheckpoints(files: RunFiles, step: number, { last, every }: KeepPolicy): Promise<void> {
  const forGood = (each: number): boolean => every !== undefined && each % every === 0;
  if (last > 1 || forGood(step)) await files.keep(latestCheckpoint, checkpointOfStep(step));
  const steps = (await keptSteps(files)).filter((each) => each <= step);
  const older = steps.slice(0, Math.max(0, steps.length - last));
  for (const each of older) if (!forGood(each)) await files.remove(checkpointOfStep(each));
}
