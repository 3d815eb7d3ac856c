/** The tokenizer of a training run: learnt from its text, or a language model's own with the run's markers. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readJsonFile } from "../checkpoint/folder-files.ts";
import { parseJson } from "../checkpoint/json-bytes.ts";
import { openPart } from "../checkpoint/model-part.ts";
import type { PartTokenizer } from "../checkpoint/opened-part.ts";
import { ggufTokenizer } from "../checkpoint/published/gguf-tokenizer.ts";
import { withMarkers } from "../checkpoint/tokenizer-file.ts";
import { openWeightsAt } from "../checkpoint/weights.ts";
import { trainBytePairTokenizer } from "../data/byte-pair-training.ts";
import type { TextCorpus } from "../data/nano/text-corpus.ts";
import { Tokenizer } from "../data/tokenizer.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { TrainingConfig } from "../train/training-config.ts";
import type { ShowProgress } from "./nano-data.ts";

/**
 * @param folder - the run's, where it is kept as `tokenizer.json`
 * @param corpus - the text of nano, by the folder of its packages
 * @throws when there is none, or it has entries without a row of the language model's embedding
 */
export async function prepareTokenizer(
  config: TrainingConfig,
  folder: string,
  corpus: (packages: string) => Promise<TextCorpus>,
  show: ShowProgress,
): Promise<Tokenizer> {
  const kept = join(folder, "tokenizer.json");
  const json = "train" in (config.tokenizer ?? {}) ? await learnt(config, kept, corpus, show) : await given(config);
  await writeFile(kept, JSON.stringify(json));
  const tokenizer = Tokenizer.fromJson(json);
  const { vocabulary, extraTokens } = config.model.language;
  if (tokenizer.size > vocabulary + extraTokens) {
    const { image, endOfChunk, padding } = config.markers;
    throw new ConfigError(
      `the tokenizer has ${tokenizer.size} entries, the language model rows for ${vocabulary} and "extraTokens": ${extraTokens}; with ${image}, ${endOfChunk} and ${padding} among the entries it takes "model.language.extraTokens": ${tokenizer.size - vocabulary}, if they belong to the same model at all`,
    );
  }
  return tokenizer;
}

async function given({ tokenizer, parts, model, markers }: TrainingConfig): Promise<unknown> {
  const { file, added } = tokenizer !== undefined && "file" in tokenizer ? { ...tokenizer, added: [] } : await ofLanguagePart(parts.language, model.language);
  const { padding, image, endOfChunk } = markers;
  const specials = [...new Set([...added, image, endOfChunk, padding])];
  if (!file.endsWith(".gguf")) return withMarkers(await readJsonFile(file), specials, model.language.vocabulary, file);
  const { file: opened, close } = await openWeightsAt(file);
  try {
    return ggufTokenizer(opened, file, specials);
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

async function learnt(
  { tokenizer, data, name, markers: { padding, image, endOfChunk } }: TrainingConfig,
  kept: string,
  corpus: (packages: string) => Promise<TextCorpus>,
  show: ShowProgress,
): Promise<unknown> {
  const known = await readFile(kept).catch(() => undefined);
  if (known !== undefined) return parseJson(known, kept);
  const text = data.find((source) => source.kind === "nano-text");
  if (text === undefined)
    throw new ConfigError(
      `the config "${name}" wants a tokenizer learnt from its text, but has no text among its data; name a file with tokenizer: { file: … }`,
    );
  const { size } = (tokenizer as { train: { size: number } }).train;
  show(`learning a vocabulary of ${size}`, true);
  return trainBytePairTokenizer((await corpus(text.packages)).vocabularyTexts(), size, [padding, image, endOfChunk]);
}
