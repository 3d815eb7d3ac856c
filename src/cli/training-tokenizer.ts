/** The tokenizer of a training run: learnt from its text, or a language model's own with the run's markers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readJsonFile } from "../checkpoint/folder-files.ts";
import { parseJson } from "../checkpoint/json-bytes.ts";
import { openPart } from "../checkpoint/model-part.ts";
import type { PartTokenizer } from "../checkpoint/opened-part.ts";
import { ggufTokenizer } from "../checkpoint/published/gguf/tokenizer.ts";
import { openTokenizer, withMarkers } from "../checkpoint/tokenizer-file.ts";
import { openWeightsAt } from "../checkpoint/weights.ts";
import { PieceCounts, trainBytePairTokenizer } from "../data/byte-pair-training.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import type { ShowProgress } from "../data/prepare.ts";
import { countTexts } from "../data/samples/sample-texts.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { ConfigError } from "../model/strict-config.ts";
import { sampleStreams } from "../train/sources/sample-batches.ts";
import type { SourceModule } from "../train/sources/source.ts";
import type { SamplesConfig } from "../train/sources/source-config.ts";
import type { TrainingConfig } from "../train/training-config.ts";

/**
 * @param folder - the run's, where it is kept as `tokenizer.json`
 * @param modules - the opened data sets of modules
 * @throws when there is none, or it has entries without a row of the language model's embedding
 */
export async function prepareTokenizer(config: TrainingConfig, folder: string, modules: readonly SourceModule[], show: ShowProgress): Promise<Tokenizer> {
  const kept = join(folder, "tokenizer.json");
  const { image, endOfChunk, padding } = config.markers;
  const { json, file } =
    config.tokenizer !== undefined && "train" in config.tokenizer
      ? { json: await learntVocabulary(config, config.tokenizer.train, [padding, image, endOfChunk], kept, modules, show), file: kept }
      : await given(config);
  const tokenizer = openTokenizer(json, file);
  await writeWhole(kept, JSON.stringify(json));
  const { vocabulary, extraTokens } = config.model.language;
  if (tokenizer.size > vocabulary + extraTokens)
    throw new ConfigError(
      `the tokenizer has ${tokenizer.size} entries, the language model rows for ${vocabulary} and "extraTokens": ${extraTokens}; with ${image}, ${endOfChunk} and ${padding} among the entries it takes "model.language.extraTokens": ${tokenizer.size - vocabulary}, if they belong to the same model at all`,
    );
  return tokenizer;
}

async function given({ tokenizer, parts, model, markers }: TrainingConfig): Promise<{ json: unknown; file: string }> {
  const { file, added } = tokenizer !== undefined && "file" in tokenizer ? { ...tokenizer, added: [] } : await ofLanguagePart(parts.language, model.language);
  const { padding, image, endOfChunk } = markers;
  const specials = [...new Set([...added, image, endOfChunk, padding])];
  if (!file.endsWith(".gguf")) return { json: withMarkers(await readJsonFile(file), specials, model.language.vocabulary, file), file };
  const { file: opened, close } = await openWeightsAt(file);
  try {
    return { json: ggufTokenizer(opened, file, specials), file };
  } finally {
    await close();
  }
}

async function ofLanguagePart(path: string | undefined, stated: TrainingConfig["model"]["language"]): Promise<PartTokenizer> {
  const part = path === undefined ? undefined : await openPart("language", path, stated);
  await part?.close();
  if (part?.tokenizer !== undefined) return part.tokenizer;
  throw new ConfigError(
    `the config names no tokenizer, and none comes with ${path === undefined ? "its language model, which begins at random" : path}; name one with tokenizer: { file: … }`,
  );
}

/**
 * A vocabulary that is learnt from the run's text, once: from what the first module with texts for it gives, else from the samples in files, each data set up to its share of the bound.
 * @param kept - where it is kept
 * @throws ConfigError when no data set has texts
 */
export async function learntVocabulary(
  { name, data, train: { seed } }: Pick<TrainingConfig, "name" | "data" | "train">,
  { size, characters }: { readonly size: number; readonly characters: number },
  markers: readonly string[],
  kept: string,
  modules: readonly SourceModule[],
  show: ShowProgress,
): Promise<unknown> {
  const known = await readFile(kept).catch(() => undefined);
  if (known !== undefined) return parseJson(known, kept);
  const inFiles = data.filter((source) => source.kind !== "module");
  const texts = modules.find(({ vocabularyTexts }) => vocabularyTexts !== undefined)?.vocabularyTexts?.();
  if (texts === undefined && inFiles.length === 0)
    throw new ConfigError(
      `the config "${name}" wants a tokenizer learnt from its text, but none of its data sets has texts for it (vocabularyTexts); name a file with tokenizer: { file: … }`,
    );
  show(`learning a vocabulary of ${size}`, true);
  return trainBytePairTokenizer(texts ?? (await countSamples(inFiles, characters, seed)), size, markers);
}

async function countSamples(sources: readonly SamplesConfig[], characters: number, seed: number): Promise<PieceCounts> {
  const counts = new PieceCounts();
  for (const source of sources) {
    const open = await sampleStreams(source, { seed, reader: { index: 0, count: 1 } });
    const stream = await open();
    try {
      await countTexts(stream, characters / sources.length, counts);
    } finally {
      await stream.close();
    }
  }
  return counts;
}
