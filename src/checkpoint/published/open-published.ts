/** The files of a published model, opened and understood; nothing but their headers is read. */
import { CheckpointError } from "../errors.ts";
import { checkSizes, readJsonFile } from "../folder-files.ts";
import { type PublishedDescription, type PublishedPartName, publishedParts } from "../model-description.ts";
import type { StoredWeight } from "../weight-file.ts";
import { type OpenedWeights, openWeightsAt } from "../weights.ts";
import { publishedClipConfig } from "./clip-config.ts";
import { idefics } from "./idefics.ts";
import { openFlamingo, openFlamingoTensors } from "./openflamingo.ts";
import type { PublishedModel } from "./published-model.ts";

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
    return { model: idefics(json, file), weights: held("model") };
  }
  const language = await configOf("language");
  const tower = parts.vision!.config === undefined ? undefined : await configOf("vision");
  const vision = published.vision ?? (tower === undefined ? undefined : publishedClipConfig(tower.json, tower.file));
  const weights = openFlamingoTensors({ checkpoint: held("checkpoint"), language: held("language"), vision: held("vision") });
  const options = {
    languageConfig: language.json,
    ...(vision === undefined ? {} : { vision }),
    ...(published.headDim === undefined ? {} : { headDim: published.headDim }),
    newTokens: addedTokens.length,
  };
  return { model: openFlamingo(weights, options, location + parts.checkpoint!.weights), weights };
}
