/** Times things against each other: one after the other in turns, so that whatever else the machine does meets all of them alike. */

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

/** One line of a report. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the figure is wanted to be, such as "at least 0.7". */
  readonly target?: string;
}
