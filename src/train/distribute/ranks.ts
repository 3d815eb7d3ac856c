/**
 * The processes of one training run, each with data of its own. All of them call the same operations in the same order, with arrays of one length.
 */
export interface Ranks {
  /** Which of them this is, counted from 0. */
  readonly rank: number;
  readonly size: number;
  /** Replaces the values by their sums over all ranks; every rank has the same bits afterwards. */
  sum(values: Float32Array): Promise<void>;
  /** @returns the values of all ranks, one after the other in order of rank */
  gather(values: Float32Array): Promise<Float32Array>;
}

/** A run of one process. */
export const oneRank: Ranks = {
  rank: 0,
  size: 1,
  sum: () => Promise.resolve(),
  gather: (values) => Promise.resolve(values.slice()),
};

/** Waits, for hours if need be, until all ranks are here. */
export async function barrier(ranks: Ranks): Promise<void> {
  await ranks.sum(new Float32Array(1));
}

/** Does work on rank 0 first, which may write what the others then find. */
export async function firstRankFirst<Result>(ranks: Ranks, work: () => Promise<Result>): Promise<Result> {
  if (ranks.rank > 0) await barrier(ranks);
  const result = await work();
  if (ranks.rank === 0) await barrier(ranks);
  return result;
}
