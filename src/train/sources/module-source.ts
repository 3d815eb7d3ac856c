import { tokenizeDocument } from "../../data/document.ts";
import { Random } from "../../data/random.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { MediaFeatures } from "../media-features.ts";
import { packRow } from "../text-batches.ts";
import type { Feeds, TrainingSource } from "../training-source.ts";
import { type Documents, documentParts, packedParts, sharedOut } from "./document-batches.ts";
import type { SourceContext, SourceModule } from "./source.ts";
import type { ModuleConfig } from "./source-config.ts";

type Batches = TrainingSource["batch"];

/**
 * A data set of a module, as the training loop takes it.
 * @param features - turns its pictures into features; undefined for a stage without pictures
 * @throws ConfigError when the module does not draw what the stage learns from
 */
export function moduleSource(
  stage: "language" | "contrastive" | "flamingo",
  config: ModuleConfig,
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
function packedBatches({ name, rows }: ModuleConfig, tokens: number, draw: Draw, context: SourceContext): Batches {
  const { tokenizer, markers, microBatches } = context;
  return (step) => {
    const random = randomOf(name, step, context);
    const packed = Array.from({ length: rows }, () => packRow(() => draw(random), tokens, tokenizer, markers));
    return Promise.resolve(packedParts(packed, tokenizer.special(markers.padding), microBatches));
  };
}

/** Each of several processes draws documents of its own. */
function randomOf(name: string, number: number, { seed, reader: { index, count } }: SourceContext): Random {
  return count === 1 ? new Random(name, seed, number) : new Random(name, seed, number, "reader", index);
}

/** One document a row. Documents of several batches are drawn together and sorted, so that those of a batch are of like length. */
function documentBatches({ name, rows, bucket }: ModuleConfig, draw: Draw, features: MediaFeatures | undefined, context: SourceContext): Batches {
  const { tokenizer, markers, microBatches } = context;
  const padding = tokenizer.special(markers.padding);
  const drawBucket = (number: number): readonly Documents[] => {
    const random = randomOf(name, number, context);
    const documents = Array.from({ length: rows * bucket }, () => tokenizeDocument(draw(random), tokenizer, markers));
    return sharedOut(documents, rows, random);
  };
  let drawn: { readonly number: number; readonly batches: readonly Documents[] } | undefined;
  return async (step) => {
    const number = Math.floor(step / bucket);
    if (drawn?.number !== number) drawn = { number, batches: drawBucket(number) };
    return documentParts(drawn.batches[step % bucket]!, { name, padding, features, microBatches });
  };
}

function pairBatches({ name, rows }: ModuleConfig, draw: NonNullable<SourceModule["pairs"]>, features: MediaFeatures, context: SourceContext): Batches {
  return (step) => {
    const pairs = draw(rows, randomOf(name, step, context));
    const side = (which: 0 | 1) => features.tensor(pairs.map((pair) => pair[which]));
    const feeds = async (): Promise<Feeds> => ({ first: await side(0), second: await side(1) });
    return Promise.resolve([{ labels: pairs.length, tokens: 0, pictures: 2 * pairs.length, feeds }]);
  };
}
