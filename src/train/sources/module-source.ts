import { tokenizeDocument } from "../../data/document.ts";
import { Random } from "../../data/random.ts";
import type { Reader } from "../../data/samples/shard-plan.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { MediaInput } from "../media-input.ts";
import { packRow } from "../text-batches.ts";
import type { Feeds, TrainingSource } from "../training-source.ts";
import { type Documents, documentParts, packedParts, sharedOut } from "./document-batches.ts";
import type { SourceContext, SourceModule, TrainingStage } from "./source.ts";
import type { ModuleConfig } from "./source-config.ts";

type Batches = TrainingSource["batch"];

/**
 * A data set of a module, as the training loop takes it.
 * @param media - brings its pictures into the graph; undefined for a stage without pictures
 * @throws ConfigError when the module does not draw what the stage learns from
 */
export function moduleSource(
  stage: TrainingStage,
  config: ModuleConfig,
  module: SourceModule,
  media: MediaInput | undefined,
  context: SourceContext,
): TrainingSource {
  const { name, weight, clipNorm, from, until } = config;
  const lacks = (member: string): ConfigError =>
    new ConfigError(`the data set "${name}": ${config.module} opens nothing with ${member}(), which a stage "${stage}" learns from`);
  if (stage !== "language" && media === undefined) throw new Error(`the data set "${name}" has pictures and nothing that encodes them`);
  const batches = (): Batches => {
    if (stage === "resampler") {
      if (module.pairs === undefined) throw lacks("pairs");
      return pairBatches(config, module.pairs.bind(module), media!, context);
    }
    if (module.document === undefined) throw lacks("document");
    const document = module.document.bind(module);
    return config.tokens === undefined ? documentBatches(config, document, media, context) : packedBatches(config, config.tokens, document, context);
  };
  return { name, weight, clipNorm, from, until, rows: config.rows, batch: batches() };
}

/** So many documents of a module that no batch has. @throws ConfigError when it draws none */
export function moduleDocuments(
  { name, module: file }: ModuleConfig,
  module: SourceModule,
  { tokenizer, markers, seed }: SourceContext,
  count: number,
): Documents {
  if (module.document === undefined) throw new ConfigError(`the data set "${name}": ${file} opens nothing with document(), which a validation looks at`);
  return Array.from({ length: count }, (_, i) => tokenizeDocument(module.document!(new Random(name, seed, "validation", i)), tokenizer, markers));
}

type Draw = NonNullable<SourceModule["document"]>;

/**
 * What one of several processes takes of what all of them drew alike: together they learn in a step what one process would with as many rows as all have.
 * Every so-manieth, since what is sorted by length is then as long for each.
 */
export function ownPart<Item>(items: readonly Item[], { index, count }: Reader): readonly Item[] {
  return items.filter((_, i) => i % count === index);
}

/** Rows of text that are all of one length. */
function packedBatches({ name, rows: own }: ModuleConfig, tokens: number, draw: Draw, context: SourceContext): Batches {
  const { tokenizer, markers, seed, reader, microBatches } = context;
  return (step, rows = own) => {
    const random = new Random(name, seed, step);
    const packed = Array.from({ length: reader.count * rows }, () => packRow(() => draw(random), tokens, tokenizer, markers));
    return Promise.resolve(packedParts(ownPart(packed, reader), tokenizer.special(markers.padding), microBatches));
  };
}

/** One document a row. Where the number of rows is the data set's own, documents of several batches are drawn together and sorted, so that those of a batch are of like length. */
function documentBatches({ name, rows, bucket }: ModuleConfig, draw: Draw, media: MediaInput | undefined, context: SourceContext): Batches {
  const { tokenizer, markers, seed, reader, microBatches, attend } = context;
  const together = reader.count * rows;
  const padding = tokenizer.special(markers.padding);
  const drawBucket = (number: number): readonly Documents[] => {
    const random = new Random(name, seed, number);
    const documents = Array.from({ length: together * bucket }, () => tokenizeDocument(draw(random), tokenizer, markers));
    return sharedOut(documents, together, random).map((batch) => ownPart(batch, reader));
  };
  let drawn: { readonly number: number; readonly batches: readonly Documents[] } | undefined;
  return async (step, given) => {
    if (given !== undefined) {
      const random = new Random(name, seed, "step", step);
      const documents = Array.from({ length: reader.count * given }, () => tokenizeDocument(draw(random), tokenizer, markers));
      return documentParts(ownPart(documents, reader), { name, padding, media, microBatches, attend });
    }
    const number = Math.floor(step / bucket);
    if (drawn?.number !== number) drawn = { number, batches: drawBucket(number) };
    return documentParts(drawn.batches[step % bucket]!, { name, padding, media, microBatches, attend });
  };
}

function pairBatches({ name, rows }: ModuleConfig, draw: NonNullable<SourceModule["pairs"]>, media: MediaInput, { seed, reader }: SourceContext): Batches {
  return (step) => {
    const pairs = ownPart(draw(reader.count * rows, new Random(name, seed, step)), reader);
    const side = async (which: 0 | 1) => (await media.feeds(pairs.map((pair) => pair[which])))["features"]!;
    const feeds = async (): Promise<Feeds> => ({ first: await side(0), second: await side(1) });
    return Promise.resolve([{ labels: pairs.length, tokens: 0, pictures: 2 * pairs.length, feeds }]);
  };
}
