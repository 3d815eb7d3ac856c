import { join, resolve } from "node:path";
import { writeSafetensors } from "../checkpoint/safetensors.ts";
import { select } from "../data/nano/picture-index.ts";
import { openPictureIndex } from "../data/nano/platform/node-pictures.ts";
import { readTextCorpus } from "../data/nano/platform/node-text-corpus.ts";
import type { TextCorpus } from "../data/nano/text-corpus.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import type { TrainingSource } from "../train/loop.ts";
import { FeatureStore } from "../train/platform/node-feature-store.ts";
import type { RunFiles } from "../train/run-checkpoint.ts";
import { nanoEpisodesSource } from "../train/sources/nano-episodes.ts";
import { nanoPairsSource } from "../train/sources/nano-pairs.ts";
import { nanoTextSource } from "../train/sources/nano-text.ts";
import type { SourceContext } from "../train/sources/source.ts";
import type { DrawingsConfig } from "../train/sources/source-config.ts";
import type { TrainingConfig } from "../train/training-config.ts";
import { whitenedInput } from "../train/whitening.ts";
import { prepareNanoPictures, prepareNanoText, type ShowProgress } from "./nano-data.ts";
import { readParts } from "./training-parts.ts";
import { prepareTokenizer } from "./training-tokenizer.ts";

export interface TrainingInputs {
  readonly sources: readonly TrainingSource[];
  readonly initial: ReadonlyMap<string, HostTensor>;
}

/**
 * Reads what a run needs: weights, the tokenizer (learnt first, if the config says so, and kept in the run's folder), and the data sets.
 * @throws when a file is missing or does not fit
 */
export async function prepareTraining(config: TrainingConfig, folder: string, show: ShowProgress): Promise<TrainingInputs> {
  const corpora = new Map<string, Promise<TextCorpus>>();
  const corpus = (packages: string): Promise<TextCorpus> => {
    if (!corpora.has(packages))
      corpora.set(
        packages,
        prepareNanoText(packages, show).then(() => readTextCorpus(resolve(packages))),
      );
    return corpora.get(packages)!;
  };
  const tokenizer = await prepareTokenizer(config, folder, corpus, show);
  const context: SourceContext = { tokenizer, markers: config.markers, seed: config.train.seed };
  const initial = await readParts(config);
  const sources: TrainingSource[] = [];
  const prepared = new Set<string>();
  for (const source of config.data) {
    if (source.kind === "nano-text") {
      sources.push(nanoTextSource(source, await corpus(source.packages), context));
      continue;
    }
    if (!prepared.has(source.folder)) await preparePictures(source, config, show);
    prepared.add(source.folder);
    sources.push(await openDrawings(source, config, context, initial));
  }
  return { sources, initial };
}

async function preparePictures({ folder, packages }: DrawingsConfig, { name, model, parts }: TrainingConfig, show: ShowProgress): Promise<void> {
  if (parts.vision === undefined)
    throw new ConfigError(`the config "${name}" learns from pictures; name the frozen vision encoder's weights with parts: { vision: … }`);
  await prepareNanoPictures({ folder, packages, vision: model.vision, weights: parts.vision, features: true }, show);
}

async function openDrawings(
  source: DrawingsConfig,
  { model }: TrainingConfig,
  context: SourceContext,
  initial: Map<string, HostTensor>,
): Promise<TrainingSource> {
  const folder = resolve(source.folder);
  const concepts = select(await openPictureIndex(folder), "train", ({ use }) => use === "train").filter(({ domain }) => source.domains.includes(domain));
  const features = await FeatureStore.open(join(folder, "features"));
  if (model.resampler.channelNorm && !initial.has("resampler.input.channels.mean")) {
    const pictures = concepts.flatMap((concept) => concept.pictures.map(({ id }) => id));
    const { inputProjection = features.width !== model.resampler.width, width } = model.resampler;
    for (const [path, tensor] of whitenedInput(features, pictures, inputProjection ? width : 0)) initial.set(path, tensor);
  }
  return source.kind === "nano-pairs" ? nanoPairsSource(source, concepts, features, context) : nanoEpisodesSource(source, concepts, features, context);
}

/** Writes one file of weights for each trained part beside the checkpoint. @returns the files' names */
export async function exportTrainedParts(weights: ReadonlyMap<string, HostTensor>, files: RunFiles): Promise<string[]> {
  const parts = Map.groupBy(weights, ([path]) => path.slice(0, path.indexOf(".")));
  for (const [part, tensors] of parts) await files.write(`${part}.safetensors`, writeSafetensors(new Map(tensors)));
  return [...parts.keys()].map((part) => `${part}.safetensors`);
}
