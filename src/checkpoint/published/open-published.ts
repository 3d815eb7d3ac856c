/** The files of a published model, opened and understood; nothing but their headers is read. */
import type { PreprocessingConfig } from "../../data/preprocessing.ts";
import type { ClipVitConfig } from "../../model/vision/clip-vit.ts";
import { CheckpointError } from "../errors.ts";
import { checkSizes, readJsonFile } from "../folder-files.ts";
import { type PublishedDescription, type PublishedPartName, publishedParts } from "../model-description.ts";
import type { StoredWeight } from "../weight-file.ts";
import { type OpenedWeights, openWeightsAt } from "../weights.ts";
import { idefics } from "./idefics.ts";
import { openFlamingo, openFlamingoTensors } from "./openflamingo.ts";
import { publishedPreprocessing } from "./preprocessor-config.ts";
import type { PublishedModel } from "./published-model.ts";
import { publishedVision } from "./vision-config.ts";

export interface OpenedPublished {
  readonly model: PublishedModel;
  /** Every published tensor, by the names that the model's weight map uses. */
  readonly weights: ReadonlyMap<string, StoredWeight>;
  /** The part whose files hold each tensor. */
  readonly partOf: ReadonlyMap<StoredWeight, PublishedPartName>;
  /** Ends all reading. */
  close(): Promise<void>;
}

/**
 * @param location - the model's folder; ends with a slash
 * @throws CheckpointError when a file is missing, cut short, damaged, or belongs to another model; ConfigError when a config has an option that we do not compute
 */
export async function openPublished(location: string, description: PublishedDescription): Promise<OpenedPublished> {
  await checkSizes(
    location,
    Object.values(description.parts).flatMap(({ files }) => files),
  );
  const opened = new Map<PublishedPartName, OpenedWeights>();
  const close = async (): Promise<void> => {
    await Promise.all([...opened.values()].map((part) => part.close()));
  };
  try {
    for (const part of publishedParts[description.published.kind]) {
      const { weights, within } = description.parts[part]!;
      opened.set(part, await openWeightsAt(location + weights, within === undefined ? {} : { within }));
    }
    const held = (part: PublishedPartName): ReadonlyMap<string, StoredWeight> => opened.get(part)!.file.weights;
    const partOf = new Map([...opened].flatMap(([part, { file }]) => [...file.weights.values()].map((weight) => [weight, part] as const)));
    const { model, weights } = await understood(location, description, held);
    return { model, weights, partOf, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function understood(
  location: string,
  description: PublishedDescription,
  held: (part: PublishedPartName) => ReadonlyMap<string, StoredWeight>,
): Promise<Pick<OpenedPublished, "model" | "weights">> {
  const { published, parts, addedTokens } = description;
  const configOf = async (part: PublishedPartName): Promise<{ json: unknown; file: string }> => {
    const { config } = parts[part]!;
    if (config === undefined)
      throw new CheckpointError(`${location}flamingo.json: part "${part}" names no config; give the config.json that it was published with`);
    return { json: await readJsonFile(location + config), file: location + config };
  };
  if (published.kind === "idefics") {
    const { json, file } = await configOf("model");
    const model = idefics(json, file);
    return { model: await preprocessedAs(model, file), weights: held("model") };
  }
  const language = await configOf("language");
  const tower = parts.vision!.config === undefined ? undefined : await configOf("vision");
  const described = tower && publishedClip(tower.json, tower.file);
  const vision = published.vision ?? described?.config;
  const weights = openFlamingoTensors({ checkpoint: held("checkpoint"), language: held("language"), vision: held("vision") });
  const options = {
    languageConfig: language.json,
    languageName: language.file,
    ...(vision === undefined ? {} : { vision }),
    ...(described === undefined ? {} : { pixels: described.pixels }),
    ...(published.headDim === undefined ? {} : { headDim: published.headDim }),
    newTokens: addedTokens.length,
  };
  const model = openFlamingo(weights, options, location + parts.checkpoint!.weights);
  return { model: tower === undefined ? model : await preprocessedAs(model, tower.file), weights };
}

function publishedClip(json: unknown, file: string): { readonly config: ClipVitConfig; readonly pixels: Partial<PreprocessingConfig> } {
  const { config, pixels } = publishedVision(json, file);
  if (config.kind !== "clip-vit") throw new CheckpointError(`${file}: OpenFlamingo's vision encoders are CLIPs, this one is of the kind ${config.kind}`);
  return { config, pixels };
}

/** What a file beside the vision tower's config says of pictures counts more than what is usual in the family. */
async function preprocessedAs(model: PublishedModel, config: string): Promise<PublishedModel> {
  const folder = config.slice(0, config.lastIndexOf("/") + 1);
  const [imageSize] = model.preprocessing.size;
  return { ...model, preprocessing: { ...model.preprocessing, ...(await publishedPreprocessing(folder, imageSize)) } };
}
