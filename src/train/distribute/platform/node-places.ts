import { readFileSync } from "node:fs";
import { availableParallelism, cpus, hostname } from "node:os";
import { gatherText } from "../gather-text.ts";
import type { Ranks } from "../ranks.ts";

/** Where a rank is among the others. */
export interface Place {
  /** Cores for each rank: those of its machine, or those that the launcher bound it to, shared with who has the same. */
  readonly threads: number;
  /** Which of its machine's ranks it is. */
  readonly localRank: number;
  /** Whether it was bound to one core, apart from others of its machine. */
  readonly bound: boolean;
}

export async function placeOf(ranks: Ranks): Promise<Place> {
  const places = await gatherText(ranks, JSON.stringify([hostname(), boundTo()]));
  const own = places[ranks.rank]!;
  const hosts = places.map((place) => (JSON.parse(place) as [string, string])[0]);
  const sharing = places.filter((place) => place === own).length;
  const cores = availableParallelism();
  return {
    threads: Math.max(1, Math.floor(cores / sharing)),
    localRank: hosts.slice(0, ranks.rank).filter((host) => host === hosts[ranks.rank]).length,
    bound: cores === 1 && cpus().length > hosts.filter((host) => host === hosts[ranks.rank]).length,
  };
}

/** Cores that this process may use, where the system says it. */
function boundTo(): string {
  try {
    return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
