import { augmented } from "../../data/augmentation.ts";
import type { TokenizedDocument } from "../../data/document.ts";
import { DataError } from "../../data/errors.ts";
import type { Picture } from "../../data/picture.ts";
import { Random } from "../../data/random.ts";
import { readPicture } from "../../data/samples/read-picture.ts";
import type { Sample, SampleMedium } from "../../data/samples/sample.ts";
import { sampleFile } from "../../data/samples/sample-file.ts";
import type { DrawnSample, SampleFault, SampleStream } from "../../data/samples/sample-stream.ts";
import { sequenceOf } from "../../data/sequences.ts";
import { loadClip } from "../../data/video.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { MediaInput } from "../media-input.ts";
import type { TrainingSource } from "../training-source.ts";
import { type Documents, documentParts, sharedOut } from "./document-batches.ts";
import { sampleStreams, samplesInBatches } from "./sample-batches.ts";
import type { SourceContext, SourceMedium, TrainingStage } from "./source.ts";
import type { SamplesConfig } from "./source-config.ts";

export interface SampleSourceOptions {
  readonly stage: TrainingStage;
  readonly config: SamplesConfig;
  readonly context: SourceContext;
  /** Brings pictures into the graph; undefined for a stage without pictures. */
  readonly media: MediaInput | undefined;
  /** Told of every sample that cannot be read. */
  readonly onBad: (fault: SampleFault) => void;
  /** Which samples take part. Default: all. */
  readonly wanted?: ((sample: Sample) => boolean) | undefined;
}

/**
 * A data set of samples in files as sequences of text with pictures.
 * @throws ConfigError when the stage cannot learn from it; DataError when there are no such files
 */
export function sampleSource({ stage, config, context, media, onBad, wanted }: SampleSourceOptions): Promise<TrainingSource> {
  const { name, rows, kind } = config;
  if (stage === "resampler")
    throw new ConfigError(`the data set "${name}": a stage "resampler" learns from pairs of pictures, which a module draws; ${kind} has pictures with texts`);
  const { tokenizer, markers, seed, reader, microBatches, attend } = context;
  const padding = tokenizer.special(markers.padding);
  const drawing = new SequenceDrawing(config, context, media, wanted);
  return samplesInBatches({
    config,
    seed,
    reader,
    onBad,
    draw: (stream) => drawing.next(stream),
    share: (documents, random) => sharedOut(documents, rows, random),
    parts: (documents) => documentParts(documents, { name, padding, media, microBatches, attend }),
  });
}

/**
 * The first sequences of a data set in files, each of its samples at most once.
 * @param most - so many of them
 */
export async function sampleDocuments({ config, context, media, onBad, wanted }: SampleSourceOptions, most: number): Promise<Documents> {
  const openStream = await sampleStreams(config, { seed: context.seed, reader: { index: 0, count: 1 }, onBad });
  const stream = await openStream();
  const drawing = new SequenceDrawing(config, context, media, wanted);
  const documents: TokenizedDocument<SourceMedium>[] = [];
  try {
    while (documents.length < most) {
      const drawn = await stream.draw();
      if (drawn === undefined || drawn.epoch > 0) break;
      const document = await drawing.sequenceOf(drawn, stream);
      if (document !== undefined) documents.push(document);
    }
  } finally {
    await stream.close();
  }
  return documents;
}

/** Draws sequences whose pictures and videos can be shown. */
class SequenceDrawing {
  private readonly config: SamplesConfig;
  private readonly context: SourceContext;
  private readonly media: MediaInput | undefined;
  private readonly wanted: (sample: Sample) => boolean;

  constructor(config: SamplesConfig, context: SourceContext, media: MediaInput | undefined, wanted: (sample: Sample) => boolean = () => true) {
    this.config = config;
    this.context = context;
    this.media = media;
    this.wanted = wanted;
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

  /** A picture or video that cannot be read is left out, and the sequence is that of a sample without it. */
  async sequenceOf(drawn: DrawnSample, stream: SampleStream): Promise<TokenizedDocument<SourceMedium> | undefined> {
    const { config, context, media } = this;
    const { tokenizer, markers, seed } = context;
    const shown = new Map<SampleMedium, readonly Picture[]>();
    const sequenceConfig = media === undefined ? { ...config.sequence, leastPictures: 0, mostPictures: 0 } : config.sequence;
    let { sample } = drawn;
    if (!this.wanted(sample)) return undefined;
    for (;;) {
      const random = new Random(config.name, seed, "sequence", ...drawn.place);
      const sequence = sequenceOf(sample, sequenceConfig, tokenizer, markers, random);
      if (sequence === undefined) return undefined;
      const broken = await this.show(sequence.media, drawn, shown);
      if (broken === undefined) return { ...sequence, media: sequence.media.map((medium) => ({ frames: shown.get(medium)! })) };
      stream.reject(drawn, broken.reason);
      if (sample.form === "pair") return undefined;
      sample = withoutMedium(sample, broken.medium);
    }
  }

  /** Decodes media, to the size that they are shown in. @returns the first that cannot be, and why */
  private async show(
    wanted: readonly SampleMedium[],
    drawn: DrawnSample,
    shown: Map<SampleMedium, readonly Picture[]>,
  ): Promise<{ readonly medium: SampleMedium; readonly reason: string } | undefined> {
    const results = await Promise.all(
      wanted.map(async (medium) => {
        if (shown.has(medium)) return undefined;
        try {
          shown.set(
            medium,
            this.changed(
              (await this.framesOf(medium, drawn)).map((frame) => this.media!.fitted(frame)),
              medium,
              drawn,
            ),
          );
          return undefined;
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          return { medium, reason: error.message };
        }
      }),
    );
    return results.find((result) => result !== undefined);
  }

  /** All frames of a video alike. */
  private changed(frames: readonly Picture[], medium: SampleMedium, { sample, place }: DrawnSample): readonly Picture[] {
    const { augmentation, seed } = this.context;
    if (augmentation === undefined) return frames;
    const piece = sample.pieces.indexOf(medium);
    return frames.map((frame) => augmented(frame, augmentation, new Random(this.config.name, seed, "augment", ...place, piece)));
  }

  /** Of a video other frames in each epoch. */
  private async framesOf(medium: SampleMedium, { sample, place }: DrawnSample): Promise<readonly Picture[]> {
    const { name, fetchPictures, clip } = this.config;
    if (medium.kind === "picture") return [await readPicture(medium, fetchPictures)];
    const random = new Random(name, this.context.seed, "clip", ...place, sample.pieces.indexOf(medium));
    return loadClip(await sampleFile(medium, fetchPictures), random, { ...clip, name: medium.name });
  }
}

function withoutMedium(sample: Sample, medium: SampleMedium): Sample {
  return { ...sample, pieces: sample.pieces.filter((piece) => piece !== medium) };
}
