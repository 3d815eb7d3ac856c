import type { Ranks } from "./ranks.ts";

/** Elements that are sent at once: of many small arrays each would wait for all ranks on its own. */
const bucketSize = 1 << 22;

/** Replaces each array by its sum over all ranks. */
export async function sumTogether(ranks: Ranks, arrays: Iterable<Float32Array>): Promise<void> {
  if (ranks.size === 1) return;
  let bucket: Float32Array[] = [];
  let filled = 0;
  const send = async (): Promise<void> => {
    const together = new Float32Array(filled);
    let at = 0;
    for (const array of bucket) {
      together.set(array, at);
      at += array.length;
    }
    await ranks.sum(together);
    at = 0;
    for (const array of bucket) {
      array.set(together.subarray(at, at + array.length));
      at += array.length;
    }
    bucket = [];
    filled = 0;
  };
  for (const array of arrays) {
    if (array.length >= bucketSize) {
      await ranks.sum(array);
      continue;
    }
    if (filled + array.length > bucketSize) await send();
    bucket.push(array);
    filled += array.length;
  }
  if (filled > 0) await send();
}
