import type { Ranks } from "../../src/train/distribute/ranks.ts";

/** Ranks that are all in this process; their operations end when all of them have called it. */
export function ranksInOneProcess(size: number): readonly Ranks[] {
  let given: Float32Array[] = [];
  let waiting: (() => void)[] = [];
  /** @returns the arrays of all ranks as they were when the last one came */
  const meet = async (rank: number, values: Float32Array): Promise<readonly Float32Array[]> => {
    given[rank] = values.slice();
    const round = given;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length < size) return;
      const all = waiting;
      given = [];
      waiting = [];
      for (const each of all) each();
    });
    const lengths = new Set(round.map(({ length }) => length));
    if (lengths.size > 1) throw new Error(`ranks came with arrays of ${[...lengths].join(" and ")} values`);
    return round;
  };
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    async sum(values) {
      const all = await meet(rank, values);
      for (let i = 0; i < values.length; i++) values[i] = all.reduce((sum, each) => sum + each[i]!, 0);
    },
    async gather(values) {
      const all = await meet(rank, values);
      const joined = new Float32Array(size * values.length);
      all.forEach((each, i) => joined.set(each, i * values.length));
      return joined;
    },
  }));
}
