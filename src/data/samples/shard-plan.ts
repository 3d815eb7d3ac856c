import type { Random } from "../random.ts";

/** One of several processes that share a data set, such as the ranks of a run. */
export interface Reader {
  readonly index: number;
  readonly count: number;
}

/** Of the samples of a shard every `of`-th, from number `part` on. */
export interface ShardPart {
  readonly shard: number;
  readonly part: number;
  readonly of: number;
}

/**
 * What a reader reads in an epoch, in its order. All readers together read every sample once. Where there are more readers than shards, several share a shard.
 * @param random - the same for every reader; undefined: in the order of the shards
 */
export function shardPlan(shards: number, { index, count }: Reader, random: Random | undefined): ShardPart[] {
  const of = Math.ceil(count / Math.min(count, shards));
  const parts = Array.from({ length: shards * of }, (_, i): ShardPart => ({ shard: i % shards, part: Math.floor(i / shards), of }));
  return (random?.shuffle(parts) ?? parts).filter((_, i) => i % count === index);
}
