/** One part of a model by itself, wherever its weights lie: what a training run begins with. */
import { platform } from "#checkpoint-platform";
import { parseFlamingoConfig } from "../model/config.ts";
import { Flamingo, type FlamingoPart, flamingoParts } from "../model/flamingo.ts";
import type { HostTensor } from "../runtime/host-tensor.ts";
import { CheckpointError, firstTen } from "./errors.ts";
import { checkHash, readJsonFile, sizeOf } from "./folder-files.ts";
import { isGguf, type OwnDescription, type PublishedDescription, parseModelDescription } from "./model-description.ts";
import { shapesOf } from "./opened-model.ts";
import type { OpenedPart } from "./opened-part.ts";
import { checkOwnWeights, inMemoryTypes } from "./own-weights.ts";
import { pairPartFile, readPairDescription, visionOfPair } from "./pair-folder.ts";
import { partPath } from "./part-files.ts";
import { addedMarkers } from "./published/gguf/tokenizer.ts";
import { openGgufPart, openPublishedPart, weightsInFolder } from "./published/open-part.ts";
import { openPublished } from "./published/open-published.ts";
import { readMapped } from "./published/read-mapped.ts";
import { completedConfig } from "./same-config.ts";
import type { WeightFile } from "./weight-file.ts";
import { type OpenedWeights, openWeightsAt } from "./weights.ts";
import { asRead } from "./widen.ts";

/**
 * @param path - a file of our own (safetensors with parameter paths), a `.gguf` file, a folder with a `flamingo.json`, one with a `pair.json` (what a contrastive run leaves), a folder of the Hugging Face hub (weights, `config.json`), or a file of
 * weights with a `config.json` beside it
 * @param stated - what the training config says of the part: which of a published tower's features are wanted
 * @throws CheckpointError when there is nothing to read, or it is another part or of another family; ConfigError when it has an option that we do not compute
 */
export async function openPart(part: FlamingoPart, path: string, stated: Readonly<Record<string, unknown>>): Promise<OpenedPart> {
  if (/\.(safetensors|gguf|bin|pth?|json)$/.test(path)) return openFile(part, path, stated);
  const location = path.endsWith("/") ? path : `${path}/`;
  const name = `${location}flamingo.json`;
  if ((await sizeOf(name)) === undefined) {
    const ofPair = part === "vision" && (await readPairDescription(location)) !== undefined;
    return openFile(part, ofPair ? location + pairPartFile(part) : await weightsInFolder(location), stated);
  }
  const description = parseModelDescription(await readJsonFile(name), name);
  const opened = "published" in description ? await partOfPublished(part, location, description) : await partOfOwn(part, location, description);
  const added = "published" in description ? description.addedTokens : [];
  if (part !== "language") return opened;
  return "published" in description || !isGguf(description.tokenizer)
    ? { ...opened, tokenizer: { file: location + description.tokenizer, added } }
    : { ...opened, tokenizer: { file: opened.files[0]!, added: addedMarkers(description.markers) } };
}

async function openFile(part: FlamingoPart, path: string, stated: Readonly<Record<string, unknown>>): Promise<OpenedPart> {
  const opened = await openWeightsAt(path);
  try {
    if (opened.file.format === "gguf") return await openGgufPart(part, opened, path);
    const names = [...opened.file.weights.keys()];
    if (!names.some((name) => flamingoParts.some((each) => name.startsWith(`${each}.`)))) return await openPublishedPart(part, opened, path, stated);
    const foreign = names.filter((name) => !flamingoParts.some((each) => name.startsWith(`${each}.`)));
    if (foreign.length > 0) throw new CheckpointError(firstTen(`${path} holds weights of our own parts, and what belongs to none of them`, foreign));
    if (!names.some((name) => name.startsWith(`${part}.`))) throw new CheckpointError(`${path} holds no weights of the part "${part}"`);
    return { ...ownPart(part, opened), ...(await originBeside(part, path)), ...(await ofPairBeside(part, path)) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function partOfOwn(part: FlamingoPart, location: string, { config, preprocessing, parts }: OwnDescription): Promise<OpenedPart> {
  const { sha256, licence, source } = parts[part];
  const { size: _, ...pixels } = preprocessing;
  const whole = parseFlamingoConfig(config);
  const said = { config: whole[part], pixels, origin: { licence, source } };
  const path = await partPath(location, parts[part]);
  const held = await openWeightsAt(path);
  const inGguf = held.file.format === "gguf";
  const opened = inGguf ? await openGgufPart(part, held, path) : ownPart(part, held);
  const read: OpenedPart["read"] = async function* (inBlocks) {
    checkHash(path, await platform.sha256(path), sha256);
    if (inGguf) completedConfig(part, opened.config!, whole[part], path);
    else checkOwnWeights(path, whole, inMemoryTypes(held.file.weights), part);
    yield* opened.read(inBlocks);
  };
  return { ...opened, ...said, read };
}

async function partOfPublished(part: FlamingoPart, location: string, description: PublishedDescription): Promise<OpenedPart> {
  const { model, weights, close } = await openPublished(location, description);
  const { config, preprocessing } = model;
  const { size: _, ...pixels } = preprocessing;
  const shapes = shapesOf(new Flamingo(config));
  const only = (path: string): boolean => path.startsWith(`${part}.`);
  return {
    config: config[part],
    pixels,
    files: Object.values(description.parts).flatMap(({ files }) => files.map(({ file }) => location + file)),
    read: () => readMapped(model.weights, weights, shapes, location, { only }),
    close,
  };
}

/** What the model folder says in which one of its files was named. */
async function originBeside(part: FlamingoPart, path: string): Promise<Pick<OpenedPart, "origin">> {
  const folder = path.slice(0, path.search(/[^/\\]*$/));
  const name = `${folder}flamingo.json`;
  if ((await sizeOf(name)) === undefined) return {};
  const description = parseModelDescription(await readJsonFile(name), name);
  if ("published" in description || description.parts[part].file !== path.slice(folder.length)) return {};
  const { licence, source } = description.parts[part];
  return { origin: { licence, source } };
}

/** What the pair of towers says of its vision encoder whose file was named. */
async function ofPairBeside(part: FlamingoPart, path: string): Promise<Partial<OpenedPart>> {
  const folder = path.slice(0, path.search(/[^/\\]*$/));
  const description = part === "vision" && path === folder + pairPartFile(part) ? await readPairDescription(folder === "" ? "." : folder) : undefined;
  return description === undefined ? {} : visionOfPair(description);
}

function ownPart(part: FlamingoPart, { file, files, close }: OpenedWeights): OpenedPart {
  return { files, read: () => ownWeights(part, file), close };
}

async function* ownWeights(part: FlamingoPart, { weights }: WeightFile): AsyncGenerator<readonly [path: string, tensor: HostTensor]> {
  for (const [path, weight] of weights) if (path.startsWith(`${part}.`)) yield [path, asRead(path, await weight.load())];
}
