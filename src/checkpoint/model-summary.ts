/** What a model consists of, from its description and its files' headers; no weights are read. */
import { parseFlamingoConfig } from "../model/config.ts";
import { Flamingo, type FlamingoPart, flamingoParts, type ParameterCount } from "../model/flamingo.ts";
import type { OwnDescription, PublishedDescription, PublishedPartName } from "./model-description.ts";
import { type FoundModel, findModelFolder, publishedStorage, type StoredPart, shapesOf } from "./model-folder.ts";
import type { FindOptions } from "./platform/platform.ts";
import { type OpenedPublished, openPublished } from "./published/open-published.ts";
import { checkMap } from "./published/weight-map.ts";
import { openWeightsAt } from "./weights.ts";

export interface ModelSummary extends FoundModel {
  readonly preprocessing: OwnDescription["preprocessing"];
  readonly parameters: ParameterCount;
  /** Of all weights as float32, which is what is computed with. */
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
  const parameters = new Flamingo(config).count();
  const parts = [];
  for (const part of flamingoParts) {
    const { file, sha256, licence, source } = description.parts[part];
    const opened = await openWeightsAt(found.location + file);
    await opened.close();
    const dtypes = [...new Set([...opened.file.weights.values()].map(({ storedAs }) => storedAs))];
    parts.push({ part, parameters: parameters.parts[part], dtypes, bytes: opened.bytes, from: [{ files: [{ file, sha256 }], licence, source }] });
  }
  return { ...found, preprocessing: description.preprocessing, parameters, memoryBytes: 4 * parameters.total, maxTokens: config.language.maxTokens, parts };
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
  return { ...found, preprocessing, parameters, memoryBytes: 4 * parameters.total, maxTokens: config.language.maxTokens, parts };
}

/** The published parts that hold these weights. */
function originsOf({ model, weights, partOf }: OpenedPublished, paths: readonly string[]): PublishedPartName[] {
  return [...new Set(paths.map((path) => partOf.get(weights.get(model.weights.get(path)!.from)!)!))];
}
