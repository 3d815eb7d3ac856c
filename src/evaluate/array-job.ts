/** Which part of an array job this process is, as schedulers tell it. */
import { ConfigError } from "../model/strict-config.ts";
import type { ShardQueue } from "./shards.ts";

/** One of so many processes, counted from 0. */
export interface ArrayPlace {
  readonly place: number;
  readonly of: number;
}

/**
 * @param environment - of the process: of Slurm (`SLURM_ARRAY_TASK_ID` and how many there are) or of a Kubernetes indexed job (`JOB_COMPLETION_INDEX`), which does not say how many there are
 * @param shards - of which, under Kubernetes, each process does one
 * @throws ConfigError when it is no part of an array job
 */
export function arrayPlace(environment: Readonly<Record<string, string | undefined>>, shards: number): ArrayPlace {
  const number = (name: string): number | undefined => {
    const text = environment[name];
    if (text === undefined || text === "") return undefined;
    if (!/^\d+$/.test(text)) throw new ConfigError(`the variable ${name} is "${text}"; it must be a number`);
    return Number(text);
  };
  const task = number("SLURM_ARRAY_TASK_ID");
  const index = number("JOB_COMPLETION_INDEX");
  if (task !== undefined) {
    const [least, step, of] = [number("SLURM_ARRAY_TASK_MIN") ?? 0, number("SLURM_ARRAY_TASK_STEP") ?? 1, number("SLURM_ARRAY_TASK_COUNT")];
    const place = (task - least) / step;
    if (of === undefined || !Number.isInteger(place) || place < 0 || place >= of)
      throw new ConfigError(
        `Slurm's array has gaps (task ${task} of ${of ?? "an unknown number"}); submit it whole, such as --array=0-7: what is done is not done again`,
      );
    return { place, of };
  }
  if (index === undefined)
    throw new ConfigError(
      "this is no part of an array job: there is neither SLURM_ARRAY_TASK_ID (Slurm, sbatch --array) nor JOB_COMPLETION_INDEX (Kubernetes, completionMode: Indexed)",
    );
  if (index >= shards)
    throw new ConfigError(`JOB_COMPLETION_INDEX is ${index}, but there are ${shards} shards; give --shards as many as the job has completions`);
  return { place: index, of: shards };
}

/** Nobody is asked: of the shards each process has its own. */
export function arrayQueue({ place, of }: ArrayPlace): ShardQueue {
  return async (shards, signal) => {
    for (const shard of await shards.missing()) if (shard % of === place) await shards.answer(shard, signal);
  };
}
