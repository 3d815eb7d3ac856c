/** Pairs of a picture and a text, as the contrastive stage learns from them. */
import { type AugmentationConfig, augmented } from "../../data/augmentation.ts";
import { type CaptionMarkers, captionTokens, tokenRows } from "../../data/captions.ts";
import { DataError } from "../../data/errors.ts";
import { loadPicture } from "../../data/image.ts";
import type { Picture } from "../../data/picture.ts";
import { fitted, type PreprocessingConfig } from "../../data/preprocessing.ts";
import { Random } from "../../data/random.ts";
import { readPicture } from "../../data/samples/read-picture.ts";
import type { DrawnSample, SampleFault, SampleStream } from "../../data/samples/sample-stream.ts";
import type { Reader } from "../../data/samples/shard-plan.ts";
import type { Tokenizer } from "../../data/tokenizer.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { BatchPart, Feeds, TrainingSource } from "../training-source.ts";
import { ownPart } from "./module-source.ts";
import { samplesInBatches } from "./sample-batches.ts";
import type { SourceModule } from "./source.ts";
import type { ModuleConfig, SamplesConfig } from "./source-config.ts";

/** What every data set of pairs is told about the run. */
export interface PairContext {
  readonly tokenizer: Tokenizer;
  readonly markers: CaptionMarkers;
  /** Longest text, markers counted. */
  readonly tokens: number;
  readonly preprocessing: PreprocessingConfig;
  readonly augmentation: AugmentationConfig;
  readonly seed: number;
  readonly reader: Reader;
}

interface Pair {
  readonly tokens: readonly number[];
  /** In the size that the encoder takes. */
  readonly picture: Picture;
}

/** In files. @throws DataError when there are no such files */
export function samplePairSource(config: SamplesConfig, context: PairContext, onBad: (fault: SampleFault) => void): Promise<TrainingSource> {
  const { seed, reader, tokenizer, markers } = context;
  const padding = tokenizer.special(markers.padding);
  return samplesInBatches<Pair>({
    // A batch is as the stream draws it: pairs of like length together would be told apart by that.
    config: { ...config, bucket: 1 },
    seed,
    reader,
    onBad,
    draw: (stream) => nextPair(stream, config, context),
    share: (pairs) => [pairs],
    parts: (pairs) => pairParts(pairs, padding),
  });
}

/** Of a module. @throws ConfigError when it draws none */
export function modulePairSource(config: ModuleConfig, module: SourceModule, context: PairContext): TrainingSource {
  const { name, weight, clipNorm, from, until, rows } = config;
  if (module.captioned === undefined)
    throw new ConfigError(`the data set "${name}": ${config.module} opens nothing with captioned(), which a stage "contrastive" learns from`);
  const draw = module.captioned.bind(module);
  const { seed, reader } = context;
  const padding = context.tokenizer.special(context.markers.padding);
  return {
    name,
    weight,
    clipNorm,
    from,
    until,
    async batch(step) {
      // All processes draw alike, and each takes its part, so that all pairs of a batch are of different things.
      const together = reader.count * rows;
      const drawn = draw(together, new Random(name, seed, step));
      if (drawn.length !== together) throw new DataError(`the data set "${name}": ${config.module} has drawn ${drawn.length} pairs, asked were ${together}`);
      const pairs: Pair[] = [];
      for (const [i, { picture, text }] of ownPart([...drawn.entries()], reader)) {
        const tokens = tokensOf(text, config, context);
        if (tokens.length === 0) throw new DataError(`the data set "${name}": ${config.module} has drawn a picture without a text`);
        pairs.push({ tokens, picture: shown(await loadPicture(picture), context, new Random(name, seed, step, "augment", i)) });
      }
      return pairParts(pairs, padding);
    },
  };
}

/** The next sample that is a pair with a picture that can be read. */
async function nextPair(stream: SampleStream, config: SamplesConfig, context: PairContext): Promise<Pair> {
  for (let without = 0; without < 100_000; without++) {
    const drawn = (await stream.draw())!;
    const pair = await pairOf(drawn, stream, config, context);
    if (pair !== undefined) return pair;
  }
  throw new DataError(`the data set "${config.name}": 100000 samples one after the other were no pair of a picture and a text`);
}

async function pairOf(drawn: DrawnSample, stream: SampleStream, config: SamplesConfig, context: PairContext): Promise<Pair | undefined> {
  const { form, pieces, joint } = drawn.sample;
  const file = pieces.find((piece) => piece.kind === "picture");
  if (form !== "pair" || file === undefined) return undefined;
  const texts = pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text.trim()] : []));
  const tokens = tokensOf(texts.join(joint), config, context);
  if (tokens.length === 0) return undefined;
  try {
    const picture = await readPicture(file, config.fetchPictures);
    return { tokens, picture: shown(picture, context, new Random(config.name, context.seed, "augment", ...drawn.place)) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    stream.reject(drawn, error.message);
    return undefined;
  }
}

function tokensOf(text: string, config: SamplesConfig | ModuleConfig, { tokenizer, markers, tokens }: PairContext): number[] {
  const most = (config.kind === "module" ? config.tokens : config.sequence.tokens) ?? tokens;
  return captionTokens(text, tokenizer, markers, Math.min(tokens, most));
}

function shown(picture: Picture, { preprocessing, augmentation }: PairContext, random: Random): Picture {
  return augmented(fitted(picture, preprocessing), augmentation, random);
}

/** One part: all pairs of a batch are told from one another. */
function pairParts(pairs: readonly Pair[], padding: number): readonly BatchPart[] {
  const tokens = pairs.reduce((sum, pair) => sum + pair.tokens.length, 0);
  return [{ labels: pairs.length, tokens, pictures: pairs.length, feeds: () => Promise.resolve(pairFeeds(pairs, padding)) }];
}

function pairFeeds(pairs: readonly Pair[], padding: number): Feeds {
  const { tokens, length, lengths } = tokenRows(
    pairs.map((pair) => pair.tokens),
    padding,
  );
  const { width, height } = pairs[0]!.picture;
  const data = new Uint8Array(pairs.length * height * width * 3);
  pairs.forEach(({ picture }, i) => data.set(picture.data, i * height * width * 3));
  return {
    pixels: { dtype: "uint8", shape: [pairs.length, height, width, 3], data },
    tokens: { dtype: "int64", shape: [pairs.length, length], data: tokens },
    lengths: { dtype: "int64", shape: [pairs.length], data: lengths },
  };
}
