/**
 * ZeRO, stage 1 (Rajbhandari et al. 2020, "ZeRO: memory optimizations toward training trillion parameter models"): each rank has the optimiser's state of its part of every weight, updates that part, and gets
 * the others' from those that have updated them.
 */
import type { Ranks } from "./ranks.ts";

/** Elements of an array of so many that are a rank's own: as many for each, but for the last ones. */
export function ownRange({ rank, size }: Pick<Ranks, "rank" | "size">): (length: number) => readonly [from: number, to: number] {
  return (length) => {
    const each = Math.ceil(length / size);
    return [Math.min(length, rank * each), Math.min(length, (rank + 1) * each)];
  };
}

/** Elements that are sent at once, at most, but for longer arrays. */
const bucketSize = 1 << 22;

/** Replaces in each array what is another rank's own by what that rank has. */
export async function gatherRanges(ranks: Ranks, arrays: Iterable<Float32Array>): Promise<void> {
  if (ranks.size === 1) return;
  let bucket: Float32Array[] = [];
  let filled = 0;
  const send = async (): Promise<void> => {
    const padded = bucket.map(({ length }) => Math.ceil(length / ranks.size));
    const own = new Float32Array(padded.reduce((sum, each) => sum + each, 0));
    let at = 0;
    for (const [i, array] of bucket.entries()) {
      own.set(array.subarray(...ownRange(ranks)(array.length)), at);
      at += padded[i]!;
    }
    const all = await ranks.gather(own);
    for (let rank = 0; rank < ranks.size; rank++) {
      at = rank * own.length;
      for (const [i, array] of bucket.entries()) {
        const [from, to] = ownRange({ rank, size: ranks.size })(array.length);
        if (rank !== ranks.rank) array.set(all.subarray(at, at + to - from), from);
        at += padded[i]!;
      }
    }
    bucket = [];
    filled = 0;
  };
  for (const array of arrays) {
    if (filled > 0 && filled + array.length > bucketSize) await send();
    bucket.push(array);
    filled += array.length;
  }
  if (filled > 0) await send();
}

/** The optimiser's state of whole weights, put together from all ranks' on the first one; the others, which only give theirs, get nothing. */
export async function wholeState(
  ranks: Ranks,
  state: ReadonlyMap<string, Float32Array>,
  weights: ReadonlyMap<string, Float32Array>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const whole = new Map<string, Float32Array>();
  for (const [name, part] of state) {
    const weight = weights.get(name.slice(name.indexOf(".") + 1));
    const array = new Float32Array(weight?.length ?? part.length);
    if (weight === undefined) array.set(part);
    else {
      array.set(part, ownRange(ranks)(array.length)[0]);
      await gatherRanges(ranks, [array]);
    }
    if (ranks.rank === 0) whole.set(name, array);
  }
  return whole;
}
