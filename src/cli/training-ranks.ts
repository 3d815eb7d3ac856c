/** One training run in several processes, which an MPI launcher starts. */
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout } from "node:timers/promises";
import { type Command, Option } from "commander";
import { launchOf } from "../train/distribute/launcher.ts";
import { MpiRanks } from "../train/distribute/platform/node-mpi.ts";
import { placeOf } from "../train/distribute/platform/node-places.ts";
import { oneRank, type Ranks } from "../train/distribute/ranks.ts";
import type { DeviceOptions } from "./device-options.ts";
import { StoppedError, UsageError } from "./errors.ts";
import { exitCodeOf, messageOf } from "./failure.ts";
import { inRange } from "./option-values.ts";

export interface RankOptions {
  readonly ranks: "auto" | "mpi" | "one";
  readonly silence: number;
}

export function addRankOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--ranks <how>",
        "auto: the processes that mpirun or srun starts train together; mpi: also under a launcher that is not recognised; one: each trains alone",
      )
        .choices(["auto", "mpi", "one"])
        .default("auto"),
    )
    .option(
      "--silence <seconds>",
      "end the run when one of its processes gives no sign of life for so long",
      inRange({ least: 1, most: 86_400, because: "a dead process holds up all others for as long" }),
      30,
    );
}

/**
 * Does the work of one of the run's processes, so that all of them end together.
 * @param work - is told which it is, and how many threads are its share of the machine
 * @throws UsageError when a launcher started several processes that do not know of one another
 */
export async function asOneOfRanks(
  { ranks: how, silence, threads }: RankOptions & Pick<DeviceOptions, "threads">,
  work: (ranks: Ranks, threads: number | undefined) => Promise<void>,
): Promise<void> {
  const launch = how === "one" ? undefined : launchOf(process.env);
  if (how !== "mpi" && (launch === undefined || launch.size === 1)) return work(oneRank, threads);
  if (launch?.mpi === "none")
    throw new UsageError(
      `${launch.name} started ${launch.size} processes that do not know of one another; add --mpi=pmix to srun, or say --ranks one if each is to train alone`,
    );
  const ranks = await MpiRanks.join({ launch, silence });
  try {
    const place = await placeOf(ranks);
    chooseCard(place.localRank);
    if (ranks.rank === 0) process.stderr.write(`${ranks.size} processes train together: ${ranks.names.join(", ")}\n`);
    if (place.bound)
      process.stderr.write(`rank ${ranks.rank} may use 1 of ${cpus().length} cores; if mpirun bound it to that one, start it with --bind-to none\n`);
    await work(ranks, threads ?? place.threads);
  } catch (error) {
    if (!(error instanceof StoppedError)) {
      // Where all fail alike, the first says so and ends the others meanwhile.
      if (ranks.rank > 0) await setTimeout(500);
      process.stderr.write(`flamingo: rank ${ranks.rank}: ${messageOf(error)}\n`);
      ranks.abort(exitCodeOf(error));
    }
    await ranks.leave();
    throw error;
  }
  await ranks.leave();
}

/** Lets each of a machine's processes see a graphics card of its own, unless the launcher has seen to that. */
function chooseCard(localRank: number): void {
  const given = process.env["CUDA_VISIBLE_DEVICES"];
  const cards = given?.split(",") ?? numbered("/proc/driver/nvidia/gpus");
  if (cards.length > 1) process.env["CUDA_VISIBLE_DEVICES"] = cards[localRank % cards.length];
}

function numbered(folder: string): string[] {
  try {
    return readdirSync(folder).map((_, i) => String(i));
  } catch {
    return [];
  }
}
