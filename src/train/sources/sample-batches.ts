/** Samples in files as batches of a training run that can stop and go on at any of them. */
import { Random } from "../../data/random.ts";
import { mmc4Options } from "../../data/samples/mmc4.ts";
import { sampleFormats } from "../../data/samples/open-samples.ts";
import { type SampleFault, SampleStream, type SampleStreamOptions, type StreamPosition } from "../../data/samples/sample-stream.ts";
import { shardPaths } from "../../data/samples/shard-paths.ts";
import type { Reader } from "../../data/samples/shard-plan.ts";
import type { BatchPart, TrainingSource } from "../training-source.ts";
import type { SamplesConfig } from "./source-config.ts";

/** Where a data set stands: where its stream stood when the bucket began, and the rows of it that were taken. */
interface SourcePosition {
  readonly stream: StreamPosition;
  readonly bucket: number;
  readonly taken: number;
}

interface Bucket<Item> {
  readonly begin: StreamPosition;
  readonly number: number;
  /** Of one batch after the other. */
  readonly rows: readonly Item[];
  readonly end: StreamPosition;
}

/** What becomes of samples. */
export interface SampleBatchOptions<Item> {
  readonly config: SamplesConfig;
  readonly seed: number;
  readonly reader: Reader;
  /** Told of every sample that cannot be read. */
  readonly onBad: (fault: SampleFault) => void;
  /** What is learnt from the next sample that is whole. */
  draw(stream: SampleStream): Promise<Item>;
  /** Those of a bucket, in batches. */
  share(items: readonly Item[], random: Random): readonly (readonly Item[])[];
  /** What a batch becomes. */
  parts(batch: readonly Item[]): readonly BatchPart[];
}

/**
 * A data set of samples in files, as the training loop takes it. The next batches are read and their pictures decoded while a step is computed.
 * @throws DataError when there are no such files
 */
export async function samplesInBatches<Item>({ config, seed, reader, onBad, draw, share, parts }: SampleBatchOptions<Item>): Promise<TrainingSource> {
  const { name, weight, clipNorm, from, until, rows, bucket } = config;
  const openStream = await sampleStreams(config, { seed, reader, onBad });

  const drawBucket = async (stream: SampleStream, number: number): Promise<Bucket<Item>> => {
    const begin = stream.position();
    const items: Item[] = [];
    while (items.length < rows * bucket) items.push(await draw(stream));
    return { begin, number, rows: share(items, new Random(name, seed, "bucket", reader.index, number)).flat(), end: stream.position() };
  };

  let beginning: SourcePosition | undefined;
  let stream: SampleStream | undefined;
  let current: (Bucket<Item> & { taken: number }) | undefined;
  let coming: Promise<Bucket<Item>> | undefined;
  /** Begins the bucket after that one. What goes wrong is said to whoever takes it. */
  const prepare = (opened: SampleStream, number: number): Promise<Bucket<Item>> => {
    const bucket = drawBucket(opened, number);
    bucket.catch(() => {});
    return bucket;
  };
  const take = async (count: number): Promise<readonly Item[]> => {
    stream ??= await openStream(beginning?.stream);
    const taken: Item[] = [];
    while (taken.length < count) {
      if (current === undefined || current.taken === current.rows.length) {
        const number = current === undefined ? (beginning?.bucket ?? 0) : current.number + 1;
        const before = current === undefined ? (beginning?.taken ?? 0) : 0;
        current = { ...(await (coming ?? drawBucket(stream, number))), taken: before };
        coming = prepare(stream, number + 1);
      }
      const some = current.rows.slice(current.taken, current.taken + count - taken.length);
      current.taken += some.length;
      taken.push(...some);
    }
    return taken;
  };
  return {
    name,
    weight,
    clipNorm,
    from,
    until,
    rows,
    batch: async (_, count = rows) => parts(await take(count)),
    position() {
      if (current === undefined) return beginning;
      const { taken, rows: drawn, begin, end, number } = current;
      return taken < drawn.length ? { stream: begin, bucket: number, taken } : { stream: end, bucket: number + 1, taken: 0 };
    },
    goOnFrom(position) {
      beginning = position as SourcePosition;
    },
    async close() {
      await coming?.catch(() => {});
      await stream?.close();
    },
  };
}

/**
 * What opens the stream of a data set's samples, at the beginning or where another one stood.
 * @throws DataError when there are no such files
 */
export async function sampleStreams(
  config: SamplesConfig,
  { seed, reader, onBad }: Pick<SampleStreamOptions, "seed" | "reader" | "onBad">,
): Promise<(position?: StreamPosition) => Promise<SampleStream>> {
  const { name, kind, shuffle, badShare } = config;
  const { endings, open } = sampleFormats[kind];
  const shards = await shardPaths(config.paths, endings);
  const openShard = open({ image: undefined, video: undefined, text: undefined, mmc4: mmc4Options.parse({}), ...config });
  return (position) => SampleStream.open({ name, seed, shards, reader, open: openShard, shuffle, badShare, onBad, position });
}
