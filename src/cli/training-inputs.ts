import { appendFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeSafetensors } from "../checkpoint/safetensors.ts";
import type { ShowProgress } from "../data/prepare.ts";
import type { Sample } from "../data/samples/sample.ts";
import type { SampleFault } from "../data/samples/sample-stream.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { HostTensor, Runtime } from "../runtime/runtime.ts";
import { oneRank, type Ranks } from "../train/distribute/ranks.ts";
import type { FeatureEncoder } from "../train/feature-store.ts";
import { MediaFeatures } from "../train/media-features.ts";
import type { MediaInput } from "../train/media-input.ts";
import { MediaPixels } from "../train/media-pixels.ts";
import { keepingFeatures } from "../train/platform/node-kept-features.ts";
import type { RunFiles } from "../train/run-files.ts";
import { isHeldOut } from "../train/sources/held-out.ts";
import { moduleSource } from "../train/sources/module-source.ts";
import { sampleSource } from "../train/sources/sample-source.ts";
import type { FeatureReader, OpenSource, SourceContext, SourceModule } from "../train/sources/source.ts";
import type { ModuleConfig, SourceConfig } from "../train/sources/source-config.ts";
import type { TrainingConfig } from "../train/training-config.ts";
import type { TrainingSource } from "../train/training-source.ts";
import type { ValidationSet } from "../train/validation.ts";
import { whitenedInput } from "../train/whitening.ts";
import { callModule } from "./import-module.ts";
import { readParts } from "./training-parts.ts";
import { prepareTokenizer } from "./training-tokenizer.ts";
import { type OpenedData, openValidation } from "./training-validation.ts";
import { openStoredPictures, openTrainingVision, type TrainingVision, trainedVisionPreprocessing } from "./training-vision.ts";

export interface TrainingInputs {
  readonly sources: readonly TrainingSource[];
  readonly initial: ReadonlyMap<string, HostTensor>;
  /** What the run is measured with, where the config wants that. */
  readonly validation?: readonly ValidationSet[];
}

/** Where things lie. */
export interface TrainingPlaces {
  /** The run's folder. */
  readonly folder: string;
  /** What the config's modules are named from: the folder of the config's file. */
  readonly modules: string;
}

/**
 * Reads what a run needs: weights, the data sets, the tokenizer (learnt first, if the config says so, and kept in the run's folder), and features of the pictures that are encoded once.
 * @throws when a file is missing or does not fit
 */
export async function prepareTraining(
  config: TrainingConfig,
  { folder, modules: base }: TrainingPlaces,
  runtime: Runtime,
  show: ShowProgress,
  { rank, size }: Pick<Ranks, "rank" | "size"> = oneRank,
): Promise<TrainingInputs> {
  const { stage, model, markers, train } = config;
  const modules = await Promise.all(config.data.map((source) => (source.kind === "module" ? openModule(source, base, show) : undefined)));
  const tokenizer = await prepareTokenizer(
    config,
    folder,
    modules.filter((module) => module !== undefined),
    show,
  );
  const { augmentation } = config;
  const reader = { index: rank, count: size };
  const context: SourceContext = { tokenizer, markers, seed: train.seed, reader, microBatches: train.microBatches, attend: model.fusion.attend };
  const initial = await readParts(config);
  const trainsVision = stage === "flamingo" && !model.freeze.vision;
  const preprocessing = trainsVision ? await trainedVisionPreprocessing(config) : undefined;
  const vision = stage === "language" || trainsVision ? undefined : await openTrainingVision(config, runtime);
  const stores = new Map<string, FeatureReader>();
  const keepers = new Map<string, FeatureEncoder>();
  const mediaOf = async (source: SourceConfig, module: SourceModule | undefined): Promise<MediaInput | undefined> => {
    if (preprocessing !== undefined) return new MediaPixels(preprocessing, module?.pictures);
    if (vision === undefined) return undefined;
    if (source.kind === "module") return await mediaFeatures(source, module!, vision, stores, folder, show);
    if (source.features === undefined) return new MediaFeatures({ ...vision, store: undefined });
    const kept = resolve(source.features);
    const encoder = keepers.get(kept) ?? (await keepingFeatures(vision.encoder, kept));
    keepers.set(kept, encoder);
    return new MediaFeatures({ ...vision, encoder, store: undefined });
  };
  const { validation: looked } = config;
  const heldOut = looked !== undefined && looked.data === undefined ? looked.share : undefined;
  const learnt = heldOut === undefined ? undefined : (sample: Sample): boolean => !isHeldOut(sample, heldOut);
  const sources: TrainingSource[] = [];
  const opened: OpenedData[] = [];
  for (const [i, source] of config.data.entries()) {
    const module = modules[i];
    const media = await mediaOf(source, module);
    opened.push({ config: source, module, media });
    if (source.kind !== "module") {
      sources.push(
        await sampleSource({
          stage,
          config: source,
          context: { ...context, ...(augmentation && { augmentation }) },
          media,
          onBad: badSamples(source.name, folder, rank),
          wanted: learnt,
        }),
      );
      continue;
    }
    sources.push(moduleSource(stage, source, module!, media, context));
    const store = stores.get(storeFolder(source, folder));
    const { resampler } = model;
    if (store === undefined || resampler.kind === "none" || !resampler.channelNorm || initial.has("resampler.input.channels.mean")) continue;
    const { inputProjection = store.width !== resampler.width, width } = resampler;
    for (const [path, tensor] of whitenedInput(store, module!.pictures!.ids, inputProjection ? width : 0, vision!.grid)) initial.set(path, tensor);
  }
  if (looked === undefined) return { sources, initial };
  const others: OpenedData[] = [];
  for (const source of looked.data ?? []) {
    const module = source.kind === "module" ? await openModule(source, base, show) : undefined;
    others.push({ config: source, module, media: await mediaOf(source, module) });
  }
  return { sources, initial, validation: await openValidation(looked, { learnt: opened, others, context, longest: model.language.maxTokens, folder }) };
}

export function openModule({ module, options }: ModuleConfig, base: string, show: ShowProgress): Promise<SourceModule> {
  return callModule<OpenSource>(resolve(base, module), "opens a data set", () => true, options, show);
}

function storeFolder({ features, name }: ModuleConfig, run: string): string {
  return features === undefined ? join(run, "features", name.replaceAll(/[^\w-]+/g, "-")) : resolve(features);
}

/** Data sets that keep their features in one folder share them: what the first one has encoded is there for the others. @throws ConfigError when one shows other pictures */
async function mediaFeatures(
  source: ModuleConfig,
  { pictures }: SourceModule,
  vision: TrainingVision,
  stores: Map<string, FeatureReader>,
  run: string,
  show: ShowProgress,
): Promise<MediaFeatures> {
  if (pictures === undefined) return new MediaFeatures({ ...vision, store: undefined });
  const folder = storeFolder(source, run);
  const store = stores.get(folder) ?? (await openStoredPictures(folder, pictures, vision.encoder, show));
  stores.set(folder, store);
  const missing = pictures.ids.find((id) => !store.has(id));
  if (missing !== undefined)
    throw new ConfigError(
      `the data set "${source.name}" shows the picture "${missing}", which another one that keeps its features in ${folder} does not; give it another folder under "features"`,
    );
  return new MediaFeatures({ ...vision, store });
}

/** So many of a data set are named on standard error; all of them are in the file. */
const mostNamed = 5;

/** Keeps a list of samples that cannot be read in the run's folder, and tells of the first. */
export function badSamples(name: string, folder: string, rank: number): (fault: SampleFault) => void {
  // Two machines that write to one file may lose lines.
  const file = join(folder, rank === 0 ? "bad-samples.jsonl" : `bad-samples-${rank}.jsonl`);
  let count = 0;
  return ({ shard, key, reason }) => {
    count++;
    appendFileSync(file, `${JSON.stringify({ data: name, shard, key, reason })}\n`);
    if (count <= mostNamed) process.stderr.write(`"${name}": ${shard}${key === undefined ? "" : `, ${key}`} is left out: ${reason}\n`);
    if (count === mostNamed) process.stderr.write(`"${name}": more that are left out are listed in ${file}\n`);
  };
}

/**
 * Writes one file of weights for each trained part beside the checkpoint.
 * @param averageDecay - of weights that are an average; the files say so
 * @returns the files' names
 */
export async function exportTrainedParts(weights: ReadonlyMap<string, HostTensor>, files: RunFiles, averageDecay?: number): Promise<string[]> {
  const parts = Map.groupBy(weights, ([path]) => path.slice(0, path.indexOf(".")));
  const metadata: Record<string, string> = averageDecay === undefined ? {} : { weights: `exponential moving average, decay ${averageDecay}` };
  for (const [part, tensors] of parts) await files.write(`${part}.safetensors`, writeSafetensors(new Map(tensors), metadata));
  return [...parts.keys()].map((part) => `${part}.safetensors`);
}
