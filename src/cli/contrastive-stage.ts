/** A contrastive run of `flamingo train`: what it needs, and what it leaves. */
import { join, resolve } from "node:path";
import { readJsonFile } from "../checkpoint/folder-files.ts";
import type { PairDescription } from "../checkpoint/pair-folder.ts";
import { openTokenizer, withMarkers } from "../checkpoint/tokenizer-file.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import type { ShowProgress } from "../data/prepare.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { ConfigError } from "../model/strict-config.ts";
import { createVisionEncoder } from "../model/vision/vision.ts";
import { Scope } from "../nn/scope.ts";
import type { HostTensor, Runtime } from "../runtime/runtime.ts";
import { type ContrastiveTrainingConfig, longestText } from "../train/contrastive-config.ts";
import type { Ranks } from "../train/distribute/ranks.ts";
import type { RunFiles } from "../train/run-files.ts";
import { modulePairSource, type PairContext, samplePairSource } from "../train/sources/pair-source.ts";
import type { SourceModule } from "../train/sources/source.ts";
import type { TrainingSource } from "../train/training-source.ts";
import { folderOf, readPairParts } from "./contrastive-parts.ts";
import { measurePair, pairTable, reported } from "./evaluate-pair.ts";
import { badSamples, exportTrainedParts, openModule, type TrainingInputs, type TrainingPlaces } from "./training-inputs.ts";
import { learntVocabulary } from "./training-tokenizer.ts";
import { preprocessingOf } from "./training-vision.ts";

/** Reads what a run needs: weights, data sets, and the tokenizer (learnt first, if the config says so, and kept in the run's folder). @throws when a file is missing or does not fit */
export async function prepareContrastive(
  config: ContrastiveTrainingConfig,
  { folder, modules: base }: TrainingPlaces,
  show: ShowProgress,
  { rank, size }: Pick<Ranks, "rank" | "size">,
): Promise<TrainingInputs> {
  const { data, markers, train, augmentation } = config;
  const modules = await Promise.all(data.map((source) => (source.kind === "module" ? openModule(source, base, show) : undefined)));
  const tokenizer = await prepareTokenizer(
    config,
    folder,
    modules.filter((module) => module !== undefined),
    show,
  );
  const context: PairContext = {
    tokenizer,
    markers,
    tokens: longestText(config),
    preprocessing: preprocessingOf(config, undefined, createVisionEncoder(new Scope(), config.model.vision).imageSize),
    augmentation,
    seed: train.seed,
    reader: { index: rank, count: size },
  };
  const sources: TrainingSource[] = [];
  for (const [i, source] of data.entries())
    sources.push(
      source.kind === "module"
        ? modulePairSource(source, modules[i]!, context)
        : await samplePairSource(source, context, badSamples(source.name, folder, rank)),
    );
  return { sources, initial: await readPairParts(config) };
}

/** Writes what the run has made: files of weights, and `pair.json`, which says what they are. Then measures it. @returns what the outcome says of it */
export async function finishContrastive(
  config: ContrastiveTrainingConfig,
  weights: ReadonlyMap<string, HostTensor>,
  { folder, files, runtime, json }: { readonly folder: string; readonly files: RunFiles; readonly runtime: Runtime; readonly json: boolean },
): Promise<{ readonly parts: readonly string[]; readonly evaluation?: readonly object[] }> {
  const parts = await exportTrainedParts(weights, files, config.optimiser.averageDecay);
  const { name, model, markers, evaluation } = config;
  const description: PairDescription = {
    format: 1,
    name,
    config: model,
    preprocessing: preprocessingOf(config, undefined, createVisionEncoder(new Scope(), config.model.vision).imageSize),
    text: { tokens: longestText(config), markers },
    licence: "not stated",
    source: `trained by the config "${name}"`,
  };
  await files.write("pair.json", new TextEncoder().encode(`${JSON.stringify(description, undefined, 2)}\n`));
  if (evaluation.length === 0) return { parts };
  const results = await measurePair(folder, evaluation, runtime);
  const written = results.map(reported);
  await files.write("evaluation.json", new TextEncoder().encode(`${JSON.stringify(written, undefined, 1)}\n`));
  if (!json) process.stdout.write(pairTable(results));
  return { parts, evaluation: written };
}

async function prepareTokenizer(config: ContrastiveTrainingConfig, folder: string, modules: readonly SourceModule[], show: ShowProgress): Promise<Tokenizer> {
  const { tokenizer, parts, model, name } = config;
  const { padding, start, end } = config.markers;
  const markers = [...new Set([padding, start, end].filter((marker) => marker !== undefined))];
  const kept = join(folder, "tokenizer.json");
  const given = async (file: string): Promise<unknown> => withMarkers(await readJsonFile(file), markers, 0, file);
  const of = async (): Promise<{ readonly json: unknown; readonly file: string }> => {
    if (tokenizer !== undefined && "train" in tokenizer)
      return { json: await learntVocabulary(config, tokenizer.train, markers, kept, modules, show), file: kept };
    const file = tokenizer?.file ?? (parts.text === undefined ? undefined : join(folderOf(parts.text), "tokenizer.json"));
    if (file === undefined)
      throw new ConfigError(
        `the config "${name}" names no tokenizer, and its text tower begins at random; name one with tokenizer: { file: … }, or have one learnt`,
      );
    return { json: await given(resolve(file)), file };
  };
  const { json, file } = await of();
  const opened = openTokenizer(json, file);
  await writeWhole(kept, JSON.stringify(json));
  if (opened.size > model.text.vocabulary)
    throw new ConfigError(
      `the tokenizer has ${opened.size} entries with its markers ${markers.join(", ")}, the text tower rows for ${model.text.vocabulary}; it takes "model.text.vocabulary": ${opened.size}`,
    );
  return opened;
}
