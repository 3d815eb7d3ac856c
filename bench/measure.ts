/** Times things against each other: one after the other in turns, so that whatever else the machine does meets all of them alike. And the most memory that processes had. */
import { readFile } from "node:fs/promises";

export type Candidates = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * Median milliseconds of one call of each candidate over `rounds` turns, after one turn that does not count.
 * @param calls - calls in a turn, each timed by itself; of several the first two do not count: what is called again and again, as decoding is, finds its caches as it left them
 */
export async function inTurns<Names extends Candidates>(candidates: Names, rounds: number, calls = 1): Promise<Record<keyof Names, number>> {
  const times = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]));
  const first = calls > 2 ? 2 : 0;
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      for (let call = 0; call < calls; call++) {
        const started = performance.now();
        await run();
        if (round >= 0 && call >= first) times.get(name)!.push(performance.now() - started);
      }
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, median(list)])) as Record<keyof Names, number>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The most memory that a process ever had, in bytes. What a process is told of itself (`maxRSS`) begins with that of the process that started it. @throws Error when it has ended */
export async function peakBytes(process: number | "self"): Promise<number> {
  const [peak] = peaksIn(await readFile(`/proc/${process}/status`, "utf8"));
  if (peak === undefined) throw new Error(`the process ${process} has ended`);
  return peak;
}

/** @param status - of one or several processes, as Linux tells it in `/proc` */
export function peaksIn(status: string): number[] {
  return [...status.matchAll(/VmHWM:\s+(\d+)/g)].map(([, kilobytes]) => 1024 * Number(kilobytes));
}

/** One line of a report. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the figure is wanted to be, such as "at least 0.7". */
  readonly target?: string;
}
