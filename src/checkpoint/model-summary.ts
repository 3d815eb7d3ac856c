/** What a model consists of, from its description and its files' headers; no weights are read. */
import { parseFlamingoConfig } from "../model/config.ts";
import { Flamingo, type FlamingoPart, flamingoParts, type ParameterCount } from "../model/flamingo.ts";
import { formatsOf } from "../nn/scope.ts";
import { byteLengthOf } from "../runtime/runtime.ts";
import { isGguf, type OwnDescription, type PublishedDescription, type PublishedPartName } from "./model-description.ts";
import { findModelFolder, pathsOf, storedFormats } from "./model-folder.ts";
import { type FoundModel, publishedStorage, type StoredPart, shapesOf } from "./opened-model.ts";
import { checkOwnWeights, inMemoryTypes } from "./own-weights.ts";
import type { FindOptions } from "./platform/platform.ts";
import { ggufLanguage, ggufLanguageTypes } from "./published/gguf/language.ts";
import { type OpenedPublished, openPublished } from "./published/open-published.ts";
import { checkMap } from "./published/weight-map.ts";
import { openWeightsAt } from "./weights.ts";

export interface ModelSummary extends FoundModel {
  readonly preprocessing: OwnDescription["preprocessing"];
  readonly parameters: ParameterCount;
  /** Of all weights as they are computed with: float32, or blocks of 4 or 8 bits. */
  readonly memoryBytes: number;
  /** Longest prompt with its answer, in tokens. */
  readonly maxTokens: number;
  readonly parts: readonly (StoredPart & { readonly part: FlamingoPart; readonly parameters: number; readonly from: readonly PartOrigin[] })[];
}

/** Where weights of a part come from. */
export interface PartOrigin {
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
  readonly licence: string;
  readonly source: string;
}

/** @throws CheckpointError as loading it would, except for what only the weights themselves tell */
export async function summariseModel(name: string, options: FindOptions = {}): Promise<ModelSummary> {
  const found = await findModelFolder(name, options);
  const { description } = found;
  return "published" in description ? summarisePublished(found, description) : summariseOwn(found, description);
}

async function summariseOwn(found: FoundModel, description: OwnDescription): Promise<ModelSummary> {
  const config = parseFlamingoConfig(description.config);
  const paths = await pathsOf(found.location, description);
  const files = [];
  for (const part of flamingoParts) {
    const path = paths[part];
    const { file, bytes, close } = await openWeightsAt(path);
    await close();
    const inMemory = isGguf(path) ? ggufLanguageTypes(file, await ggufLanguage(file, path), path) : inMemoryTypes(file.weights);
    files.push({ part, bytes, weights: file.weights, inMemory });
  }
  const held = new Map(files.flatMap(({ inMemory }) => [...inMemory]));
  checkOwnWeights(found.location, config, held);
  const network = new Flamingo(config, formatsOf(held));
  const parameters = network.count();
  const parts = files.map(({ part, bytes, weights }) => {
    const { file, sha256, licence, source } = description.parts[part];
    return { part, parameters: parameters.parts[part], dtypes: storedFormats(weights), bytes, from: [{ files: [{ file, sha256 }], licence, source }] };
  });
  const { preprocessing } = description;
  return { ...found, preprocessing, parameters, memoryBytes: memoryOf(network), maxTokens: config.language.maxTokens, parts };
}

function memoryOf(network: Flamingo): number {
  return [...network.parameters().values()].reduce((sum, { dtype, shape }) => sum + byteLengthOf({ dtype, shape: shape as readonly number[] }), 0);
}

async function summarisePublished(found: FoundModel, description: PublishedDescription): Promise<ModelSummary> {
  const opened = await openPublished(found.location, description);
  await opened.close();
  const network = new Flamingo(opened.model.config);
  checkMap(opened.model.weights, opened.weights, shapesOf(network), found.location);
  const paths = [...network.parameters().keys()];
  const parameters = network.count();
  const stored = publishedStorage(opened, paths);
  const parts = flamingoParts.map((part) => {
    const from = originsOf(
      opened,
      paths.filter((path) => path.startsWith(`${part}.`)),
    ).map((origin) => {
      const { files, licence, source } = description.parts[origin]!;
      return { files: files.map(({ file, sha256 }) => ({ file, sha256 })), licence, source };
    });
    return { part, parameters: parameters.parts[part], ...stored[part], from };
  });
  const { config, preprocessing } = opened.model;
  return { ...found, preprocessing, parameters, memoryBytes: memoryOf(network), maxTokens: config.language.maxTokens, parts };
}

/** The published parts that hold these weights. */
function originsOf({ model, weights, partOf }: OpenedPublished, paths: readonly string[]): PublishedPartName[] {
  return [...new Set(paths.map((path) => partOf.get(weights.get(model.weights.origins.get(path)!.from)!)!))];
}
