import type { TokenizedDocument } from "../../data/document.ts";
import { DataError } from "../../data/errors.ts";
import type { Picture } from "../../data/picture.ts";
import { Random } from "../../data/random.ts";
import { mmc4Options } from "../../data/samples/mmc4.ts";
import { sampleFormats } from "../../data/samples/open-samples.ts";
import { readPicture } from "../../data/samples/read-picture.ts";
import type { Sample, SamplePicture } from "../../data/samples/sample.ts";
import { type DrawnSample, type SampleFault, SampleStream, type StreamPosition } from "../../data/samples/sample-stream.ts";
import { shardPaths } from "../../data/samples/shard-paths.ts";
import { sequenceOf } from "../../data/sequences.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { MediaFeatures } from "../media-features.ts";
import type { TrainingSource } from "../training-source.ts";
import { type Documents, documentParts, sharedOut } from "./document-batches.ts";
import type { SourceContext, SourceMedium } from "./source.ts";
import type { SamplesConfig } from "./source-config.ts";

export interface SampleSourceOptions {
  readonly stage: "language" | "contrastive" | "flamingo";
  readonly config: SamplesConfig;
  readonly context: SourceContext;
  /** Turns pictures into features; undefined for a stage without pictures. */
  readonly features: MediaFeatures | undefined;
  /** Told of every sample that cannot be read. */
  readonly onBad: (fault: SampleFault) => void;
}

/** Where a data set stands: where its stream stood when the bucket began, and the rows of it that were taken. */
interface SourcePosition {
  readonly stream: StreamPosition;
  readonly bucket: number;
  readonly taken: number;
}

interface Bucket {
  readonly begin: StreamPosition;
  readonly number: number;
  /** Of one batch after the other. */
  readonly rows: Documents;
  readonly end: StreamPosition;
}

/**
 * A data set of samples in files, as the training loop takes it. The next batches are read and their pictures decoded while a step is computed.
 * @throws ConfigError when the stage cannot learn from it; DataError when there are no such files
 */
export async function sampleSource({ stage, config, context, features, onBad }: SampleSourceOptions): Promise<TrainingSource> {
  const { name, weight, clipNorm, from, until, rows, bucket, kind } = config;
  if (stage === "contrastive")
    throw new ConfigError(`the data set "${name}": a stage "contrastive" learns from pairs of pictures, which a module draws; ${kind} has pictures with texts`);
  const { tokenizer, markers, seed, reader, microBatches } = context;
  const { endings, open } = sampleFormats[kind];
  const shards = await shardPaths(config.paths, endings);
  const openShard = open({ image: undefined, text: undefined, mmc4: mmc4Options.parse({}), ...config });
  const openStream = (position?: StreamPosition): Promise<SampleStream> =>
    SampleStream.open({ name, seed, shards, reader, open: openShard, shuffle: config.shuffle, badShare: config.badShare, onBad, position });

  const draw = new SequenceDrawing(config, context, features);
  const drawBucket = async (stream: SampleStream, number: number): Promise<Bucket> => {
    const begin = stream.position();
    const documents: TokenizedDocument<SourceMedium>[] = [];
    while (documents.length < rows * bucket) documents.push(await draw.next(stream));
    const batches = sharedOut(documents, rows, new Random(name, seed, "bucket", reader.index, number));
    return { begin, number, rows: batches.flat(), end: stream.position() };
  };

  let beginning: SourcePosition | undefined;
  let stream: SampleStream | undefined;
  let current: (Bucket & { taken: number }) | undefined;
  let coming: Promise<Bucket> | undefined;
  /** Begins the bucket after that one. What goes wrong is said to whoever takes it. */
  const prepare = (opened: SampleStream, number: number): Promise<Bucket> => {
    const bucket = drawBucket(opened, number);
    bucket.catch(() => {});
    return bucket;
  };
  const take = async (count: number): Promise<Documents> => {
    stream ??= await openStream(beginning?.stream);
    const taken: TokenizedDocument<SourceMedium>[] = [];
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
  const padding = tokenizer.special(markers.padding);
  return {
    name,
    weight,
    clipNorm,
    from,
    until,
    rows,
    batch: async (_, count = rows) => documentParts(await take(count), { name, padding, features, microBatches }),
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

/** Draws sequences whose pictures can be shown. */
class SequenceDrawing {
  private readonly config: SamplesConfig;
  private readonly context: SourceContext;
  private readonly features: MediaFeatures | undefined;

  constructor(config: SamplesConfig, context: SourceContext, features: MediaFeatures | undefined) {
    this.config = config;
    this.context = context;
    this.features = features;
  }

  async next(stream: SampleStream): Promise<TokenizedDocument<SourceMedium>> {
    for (let without = 0; ; without++) {
      if (without === 100_000)
        throw new DataError(
          `the data set "${this.config.name}": ${without} samples one after the other gave no sequence; see "leastPictures" of its "sequence"`,
        );
      const sequence = await this.sequenceOf((await stream.draw())!, stream);
      if (sequence !== undefined) return sequence;
    }
  }

  /** A picture that cannot be read is left out, and the sequence is that of a sample without it. */
  private async sequenceOf(drawn: DrawnSample, stream: SampleStream): Promise<TokenizedDocument<SourceMedium> | undefined> {
    const { config, context, features } = this;
    const { tokenizer, markers, seed } = context;
    const pictures = new Map<SamplePicture, Picture>();
    const sequenceConfig = features === undefined ? { ...config.sequence, leastPictures: 0, mostPictures: 0 } : config.sequence;
    let { sample } = drawn;
    for (;;) {
      const random = new Random(config.name, seed, "sequence", drawn.epoch, drawn.shard, drawn.number);
      const sequence = sequenceOf(sample, sequenceConfig, tokenizer, markers, random);
      if (sequence === undefined) return undefined;
      const broken = await this.show(sequence.media, pictures);
      if (broken === undefined) return { ...sequence, media: sequence.media.map((medium) => ({ picture: pictures.get(medium)! })) };
      stream.reject(drawn, broken.reason);
      if (sample.form === "pair") return undefined;
      sample = withoutPicture(sample, broken.picture);
    }
  }

  /** Decodes pictures, to the size that they are shown in. @returns the first that cannot be, and why */
  private async show(
    wanted: readonly SamplePicture[],
    pictures: Map<SamplePicture, Picture>,
  ): Promise<{ readonly picture: SamplePicture; readonly reason: string } | undefined> {
    const results = await Promise.all(
      wanted.map(async (picture) => {
        if (pictures.has(picture)) return undefined;
        try {
          pictures.set(picture, this.features!.fitted(await readPicture(picture, this.config.fetchPictures)));
          return undefined;
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          return { picture, reason: error.message };
        }
      }),
    );
    return results.find((result) => result !== undefined);
  }
}

function withoutPicture(sample: Sample, picture: SamplePicture): Sample {
  return { ...sample, pieces: sample.pieces.filter((piece) => piece !== picture) };
}
