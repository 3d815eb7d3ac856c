/** A model as a folder: `flamingo.json` says what it is, which files hold its weights and its vocabulary. */

import { platform } from "#checkpoint-platform";
import { parseFlamingoConfig } from "../model/config.ts";
import { Flamingo, type FlamingoPart, flamingoParts } from "../model/flamingo.ts";
import { blockKindOf, formatsOf, storedParts } from "../nn/scope.ts";
import { type HostTensor, shared, type WeightTensor } from "../runtime/runtime.ts";
import { CheckpointError } from "./errors.ts";
import { readJsonFile, sizeOf } from "./folder-files.ts";
import { parseJson } from "./json-bytes.ts";
import { isGguf, type ModelDescription, type OwnDescription, type PublishedDescription, parseModelDescription } from "./model-description.ts";
import type { FoundModel, OpenedModel, StoredPart, UnderstoodModel } from "./opened-model.ts";
import { inMemory, mappedOrHeld, mappingOf, openOwnPart } from "./own-part.ts";
import { checkOwnWeights } from "./own-weights.ts";
import { partPath } from "./part-files.ts";
import type { FindOptions } from "./platform/platform.ts";
import { tokenizerOf } from "./tokenizer-file.ts";

// Loaded when they are needed: a page that loads a model of our own form does not fetch what reads other forms.
const gguf = () => import("./gguf-part.ts");
const published = () => import("./opened-model.ts");
const recognising = () => import("./published/recognise.ts");

export interface FolderOptions extends FindOptions {
  /** Whether the content of large models and of published files is checked too, not only their sizes: it was when they were pulled or made. Small models of our own form always are. Default: false. */
  readonly verify?: boolean;
  /** The weights of a model of our own form are mapped and not read where its files come to at least so many bytes, and are files. Default: 64 MB. */
  readonly mapFrom?: number;
  /** Gives the content of the model's files by their names, in the place of a folder. Of a model of our own form only, in safetensors files. */
  readonly read?: ReadModelFile;
}

export type ReadModelFile = (file: string) => Promise<Uint8Array>;

export interface ModelFolder extends UnderstoodModel {
  /** Weights by path: float32, and matrices in few bits as `formatsOf` finds them. */
  readonly weights: ReadonlyMap<string, WeightTensor>;
}

/**
 * @param name - a model that comes with the package (`nano`), the path or address of a folder, or a model of the Hugging Face hub, which is pulled if it is not there
 * @throws CheckpointError when the folder is none, a file is missing, damaged or cut short, or weights do not fit the config
 */
export async function loadModelFolder(name: string, options: FolderOptions = {}): Promise<ModelFolder> {
  const found = await findModelFolder(name, options);
  const { location, description } = found;
  return "published" in description ? loadPublished(location, description, options.verify ?? false) : loadOwn(location, description, name, options);
}

/** As {@link loadModelFolder}, for reading the weights one after the other: a published model is larger than what is made of it. @throws as {@link loadModelFolder} */
export async function openModelFolder(name: string, options: FolderOptions = {}): Promise<OpenedModel> {
  const { location, description } = await findModelFolder(name, options);
  if ("published" in description) return (await published()).openPublishedModel(location, description, options.verify ?? false);
  const { weights, ...model } = await loadOwn(location, description, name, options);
  return {
    ...model,
    held: weights,
    async *read() {
      for (const [path, weight] of new Flamingo(model.config, formatsOf(weights)).weights()) {
        const stored = new Map<string, HostTensor>();
        for (const [name] of storedParts(path, weight)) stored.set(name, await inMemory(weights.get(name)!));
        yield [path, stored];
      }
    },
    close: async () => {},
  };
}

/** Finds a model and reads what it says of itself. @throws as {@link loadModelFolder} */
export async function findModelFolder(name: string, { read, ...options }: FindOptions & Pick<FolderOptions, "read"> = {}): Promise<FoundModel> {
  if (read !== undefined) return { location: `${name}/`, description: await givenDescription(name, read) };
  const location = await platform.findModel(name, options);
  const description = await readDescription(location, name);
  return { location, description };
}

async function loadOwn(
  location: string,
  description: OwnDescription,
  name: string,
  { verify = false, mapFrom = 64_000_000, read }: FolderOptions,
): Promise<ModelFolder> {
  const config = parseFlamingoConfig(description.config);
  const paths = read === undefined ? await pathsOf(location, description) : besides(location, description);
  const tokenizerFile = isGguf(description.tokenizer) ? paths.language : location + description.tokenizer;
  const tokenizerJson = isGguf(description.tokenizer)
    ? await (await gguf()).readGgufTokenizer(tokenizerFile, description.markers)
    : parseJson(await (read?.(description.tokenizer) ?? readFile(location, description.tokenizer, name)), tokenizerFile);
  const found = new Map<string, WeightTensor>();
  const storedAs: Partial<Record<FlamingoPart, StoredPart>> = {};
  // What is in a GGUF file becomes blocks of ours in memory, and what a graph gets beside mapped weights is copied.
  const map = isGguf(paths.language) || read !== undefined ? false : await mappingOf(Object.values(paths), mapFrom);
  for (const part of flamingoParts) {
    const { file, sha256 } = description.parts[part];
    const path = paths[part];
    const opened = await readable(location, file, name, async () =>
      isGguf(path)
        ? (await gguf()).readGgufPart(path, sha256, config.language)
        : openOwnPart(path, sha256, { verify, map, ...(read && { bytes: () => read(file) }) }),
    );
    for (const [path, tensor] of opened.weights) found.set(path, tensor);
    storedAs[part] = { dtypes: storedFormats(opened.stored), bytes: opened.bytes };
  }
  const weights = await mappedOrHeld(found);
  checkOwnWeights(location, config, weights);
  const tokenizer = tokenizerOf(tokenizerJson, description.markers, config.language, tokenizerFile);
  return {
    location,
    description,
    config,
    preprocessing: description.preprocessing,
    tokenizerJson,
    tokenizer,
    weights,
    storedAs: storedAs as ModelFolder["storedAs"],
  };
}

/** Where each part's file is. @throws CheckpointError saying what to do when one is to be fetched and was not */
export async function pathsOf(location: string, { parts }: OwnDescription): Promise<Readonly<Record<FlamingoPart, string>>> {
  const paths = flamingoParts.map(async (part) => [part, await partPath(location, parts[part])] as const);
  return Object.fromEntries(await Promise.all(paths)) as Record<FlamingoPart, string>;
}

function besides(location: string, { parts }: OwnDescription): Readonly<Record<FlamingoPart, string>> {
  return Object.fromEntries(flamingoParts.map((part) => [part, location + parts[part].file])) as Record<FlamingoPart, string>;
}

async function loadPublished(location: string, description: PublishedDescription, verify: boolean): Promise<ModelFolder> {
  const { held: _, read, close, ...model } = await (await published()).openPublishedModel(location, description, verify);
  try {
    const weights = new Map<string, HostTensor>();
    for await (const [path, stored] of read()) {
      weights.set(path, shared(stored.get(path)!));
    }
    return { ...model, weights };
  } finally {
    await close();
  }
}

/** Matrices in few bits count as what their codes are; their scales and minimums are not told apart. @param tensors - what each is stored as, by path */
export function storedFormats(tensors: ReadonlyMap<string, { readonly storedAs: string; readonly shape: readonly number[] }>): string[] {
  const formats = [...tensors].flatMap(([path, { storedAs, shape }]) => {
    if (path.endsWith(".codes")) return [shape.length === 2 ? "w8a8" : blockKindOf(shape)];
    return tensors.has(`${path.slice(0, path.lastIndexOf("."))}.codes`) ? [] : [storedAs];
  });
  return [...new Set(formats)];
}

async function readDescription(location: string, name: string): Promise<ModelDescription> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(location, "flamingo.json", name);
  } catch (error) {
    const recognised = await recogniseFolder(location, name);
    if (recognised === undefined) throw error;
    return recognised;
  }
  return parseModelDescription(parseJson(bytes, `${location}flamingo.json`), `${location}flamingo.json`);
}

/** @throws CheckpointError when it is a model that can only be read from a folder */
async function givenDescription(name: string, read: ReadModelFile): Promise<ModelDescription> {
  const file = `${name}/flamingo.json`;
  const description = parseModelDescription(parseJson(await read("flamingo.json"), file), file);
  if ("published" in description || isGguf(description.parts.language.file))
    throw new CheckpointError(`${file}: only models in safetensors files of our own form can be given file by file; load this one from a folder`);
  return description;
}

/** A repository of the hub as it is, without a flamingo.json. @returns undefined when it looks like no model */
async function recogniseFolder(location: string, name: string): Promise<PublishedDescription | undefined> {
  const has = async (file: string): Promise<boolean> => (await sizeOf(location + file)) !== undefined;
  const hasCheckpoint = await has("checkpoint.pt");
  const config = (await has("config.json")) ? await readJsonFile(`${location}config.json`) : undefined;
  if (config === undefined && !hasCheckpoint) return undefined;
  const { checkIsIdefics, findWeights, ideficsTraits } = await recognising();
  checkIsIdefics(location, config, hasCheckpoint);
  const weights = await findWeights(has);
  if (weights === undefined) throw new CheckpointError(`${location} has the config.json of IDEFICS but no weights beside it; fetch the whole model`);
  // Nobody has written down what its files should be.
  const model = { weights, config: "config.json", files: [], licence: "not stated: see where it is from", source: location };
  return { format: 1, name, tokenizer: "tokenizer.json", ...ideficsTraits(config), parts: { model } };
}

function readFile(location: string, file: string, name: string): Promise<Uint8Array> {
  return readable(location, file, name, () => platform.readFile(location + file));
}

async function readable<Content>(location: string, file: string, name: string, read: () => Promise<Content>): Promise<Content> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(
      `cannot load the model "${name}": ${location}${file} cannot be read (${(error as Error).message}); give the name of an embedded model (nano), a folder with a flamingo.json, or a model of the Hugging Face hub`,
      { cause: error },
    );
  }
}
