/** A vision tower or a language model by itself, as it was published: files of weights and what describes them. */
import type { FlamingoPart } from "../../model/flamingo.ts";
import { LanguageModel } from "../../model/language/language-model.ts";
import { createVisionEncoder } from "../../model/vision/vision.ts";
import { Scope } from "../../nn/scope.ts";
import { CheckpointError } from "../errors.ts";
import { readJsonFile, sizeOf } from "../folder-files.ts";
import type { OpenedPart } from "../opened-part.ts";
import type { OpenedWeights } from "../weights.ts";
import { ggufLanguage, readGgufLanguage } from "./gguf/language.ts";
import { publishedPreprocessing } from "./preprocessor-config.ts";
import { publishedLanguage } from "./published-language.ts";
import { readMapped } from "./read-mapped.ts";
import { findWeights } from "./recognise.ts";
import { publishedVision, type WantedFeatures } from "./vision-config.ts";
import type { ExpectedShapes } from "./weight-map.ts";

/** @throws CheckpointError when it is to be another part, or is of another architecture */
export async function openGgufPart(part: FlamingoPart, { file, files, close }: OpenedWeights, path: string): Promise<OpenedPart> {
  if (part !== "language") throw new CheckpointError(`${path}: only the language model may be a .gguf file, not the part "${part}"`);
  const language = await ggufLanguage(file, path);
  const { config } = language;
  return { config, tokenizer: { file: path, added: [] }, files, read: (inBlocks) => readGgufLanguage(file, language, path, inBlocks), close };
}

/**
 * @param location - the folder; ends with a slash
 * @returns the weights in it, or the index of several
 * @throws CheckpointError when it holds none, or nothing says what they are
 */
export async function weightsInFolder(location: string): Promise<string> {
  const has = async (file: string): Promise<boolean> => (await sizeOf(location + file)) !== undefined;
  const weights = await findWeights(has);
  if (weights === undefined)
    throw new CheckpointError(
      `${location} has no flamingo.json and no weights under a name that is known (model.safetensors or pytorch_model.bin, or the index of several); fetch the whole model, or name a file of weights`,
    );
  return location + weights;
}

/**
 * @param path - the file of weights, or the index of several; its `config.json` (open_clip's: `open_clip_config.json`) lies beside it
 * @param stated - what the training config says of the part
 * @throws CheckpointError when there is no such description, or it is of another part or family; ConfigError when it has an option that we do not compute
 */
export async function openPublishedPart(
  part: FlamingoPart,
  { file, files, close }: OpenedWeights,
  path: string,
  stated: Readonly<Record<string, unknown>>,
): Promise<OpenedPart> {
  const folder = path.slice(0, path.search(/[^/\\]*$/));
  if (part !== "vision" && part !== "language")
    throw new CheckpointError(`${path} holds no weights of the part "${part}"; published by themselves are only vision encoders and language models`);
  const name = `${folder}${path.slice(folder.length).startsWith("open_clip") ? "open_clip_config.json" : "config.json"}`;
  if ((await sizeOf(name)) === undefined)
    throw new CheckpointError(`${path} is not of our own weights, and what describes them, ${name}, is missing; fetch it from where the weights are from`);
  const json = await readJsonFile(name);
  if (part === "vision") {
    const { config, pixels, weights, anySize = false } = publishedVision(json, name, wantedOf(stated), file.weights);
    const shapes = shapesOf((scope) => createVisionEncoder(scope.child("vision"), config));
    const { size, ...said } = { ...pixels, ...(await publishedPreprocessing(folder, anySize ? undefined : config.imageSize)) };
    return { config: size === undefined ? config : { ...config, imageSize: size[0] }, pixels: said, files, read: () => readMapped(weights, file.weights, shapes, path), close };
  }
  const { config, weights } = publishedLanguage(json, file.weights, name);
  const shapes = shapesOf((scope) => new LanguageModel(scope.child("language"), config));
  const tokenizer = { file: `${folder}tokenizer.json`, added: [] };
  return { config, tokenizer, files, read: () => readMapped(weights, file.weights, shapes, path), close };
}

function shapesOf(declare: (scope: Scope) => unknown): ExpectedShapes {
  const scope = new Scope();
  declare(scope);
  return new Map([...scope.parameters()].map(([path, { shape }]) => [path, shape as readonly number[]]));
}

/** What a training config says of a tower's features; the rest of it is held against the tower's own config later. */
function wantedOf({ classToken, finalNorm, classes, features }: Readonly<Record<string, unknown>>): WantedFeatures {
  return {
    ...(typeof classToken === "boolean" ? { classToken } : {}),
    ...(typeof finalNorm === "boolean" ? { finalNorm } : {}),
    ...(typeof classes === "number" ? { classes } : {}),
    ...(features === undefined ? {} : { features }),
  };
}
