import { type TokenizedDocument, tokenizeDocument } from "../../data/document.ts";
import { mediaView } from "../../data/media-view.ts";
import { Random } from "../../data/random.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { TrainingSource } from "../loop.ts";
import type { MediaFeatures } from "../media-features.ts";
import { batchFeeds, packRow } from "../text-batches.ts";
import type { SourceContext, SourceMedium, SourceModule } from "./source.ts";
import type { SourceConfig } from "./source-config.ts";

type Batches = TrainingSource["batch"];

/**
 * A data set of a module, as the training loop takes it.
 * @param features - turns its pictures into features; undefined for a stage without pictures
 * @throws ConfigError when the module does not draw what the stage learns from
 */
export function moduleSource(
  stage: "language" | "contrastive" | "flamingo",
  config: SourceConfig,
  module: SourceModule,
  features: MediaFeatures | undefined,
  context: SourceContext,
): TrainingSource {
  const { name, weight, clipNorm, from, until } = config;
  const lacks = (member: string): ConfigError =>
    new ConfigError(`the data set "${name}": ${config.module} opens nothing with ${member}(), which a stage "${stage}" learns from`);
  if (stage !== "language" && features === undefined) throw new Error(`the data set "${name}" has pictures and nothing that encodes them`);
  const batches = (): Batches => {
    if (stage === "contrastive") {
      if (module.pairs === undefined) throw lacks("pairs");
      return pairBatches(config, module.pairs.bind(module), features!, context);
    }
    if (module.document === undefined) throw lacks("document");
    const document = module.document.bind(module);
    return config.tokens === undefined ? documentBatches(config, document, features, context) : packedBatches(config, config.tokens, document, context);
  };
  return { name, weight, clipNorm, from, until, batch: batches() };
}

type Draw = NonNullable<SourceModule["document"]>;

/** Rows of text that are all of one length. */
function packedBatches({ name, rows }: SourceConfig, tokens: number, draw: Draw, { tokenizer, markers, seed }: SourceContext): Batches {
  return (step) => {
    const random = new Random(name, seed, step);
    const packed = Array.from({ length: rows }, () => packRow(() => draw(random), tokens, tokenizer, markers));
    return Promise.resolve({ ...batchFeeds(packed, tokenizer.special(markers.padding)) });
  };
}

/** One document a row. Documents of several batches are drawn together and sorted, so that those of a batch are of like length. */
function documentBatches(
  { name, rows, bucket }: SourceConfig,
  draw: Draw,
  features: MediaFeatures | undefined,
  { tokenizer, markers, seed }: SourceContext,
): Batches {
  const padding = tokenizer.special(markers.padding);
  const drawBucket = (number: number): readonly (readonly TokenizedDocument<SourceMedium>[])[] => {
    const random = new Random(name, seed, number);
    const documents = Array.from({ length: rows * bucket }, () => tokenizeDocument(draw(random), tokenizer, markers));
    const sorted = documents.sort((a, b) => a.tokens.length - b.tokens.length);
    return random.shuffle(Array.from({ length: bucket }, (_, i) => sorted.slice(i * rows, (i + 1) * rows)));
  };
  let drawn: { readonly number: number; readonly batches: ReturnType<typeof drawBucket> } | undefined;
  return async (step) => {
    const number = Math.floor(step / bucket);
    if (drawn?.number !== number) drawn = { number, batches: drawBucket(number) };
    const documents = drawn.batches[step % bucket]!;
    const feeds = batchFeeds(
      documents.map(({ tokens, learnt }) => ({ tokens, weights: learnt.map(Number) })),
      padding,
    );
    const media = documents.flatMap((document) => document.media);
    if (features === undefined) {
      if (media.some((medium) => medium !== undefined))
        throw new ConfigError(`the data set "${name}" shows pictures, which a stage "language" cannot learn from`);
      return { ...feeds };
    }
    // The graph sees all tokens but the last of each row.
    const view = mediaView(documents, { tokens: feeds.tokens.shape[1]!, attend: "last" });
    return { ...feeds, ...view, features: await features.tensor(media) };
  };
}

function pairBatches({ name, rows }: SourceConfig, draw: NonNullable<SourceModule["pairs"]>, features: MediaFeatures, { seed }: SourceContext): Batches {
  return async (step) => {
    const pairs = draw(rows, new Random(name, seed, step));
    const side = (which: 0 | 1) => features.tensor(pairs.map((pair) => pair[which]));
    return { first: await side(0), second: await side(1) };
  };
}
