/** A model as a folder: `flamingo.json` says what it is, safetensors files hold its weights, `tokenizer.json` its vocabulary. */

import { z } from "zod";
import { platform } from "#checkpoint-platform";
import { preprocessingConfig } from "../data/preprocessing.ts";
import { type FlamingoConfig, parseFlamingoConfig } from "../model/config.ts";
import { Flamingo, type FlamingoPart, flamingoParts } from "../model/flamingo.ts";
import { ConfigError, parseConfig } from "../model/strict-config.ts";
import { formatsOf } from "../nn/scope.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { hexDigest } from "./digest.ts";
import { CheckpointError, firstTen } from "./errors.ts";
import { readSafetensors, type StoredDType } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { widened } from "./widen.ts";

/** What the matrices of a part are stored as. */
export const partFormats = ["int4", "int8", "float16"] as const;
export type PartFormat = (typeof partFormats)[number];

const partDescription = z.strictObject({
  /** A safetensors file in the folder; its names are parameter paths. */
  file: z.string(),
  /** Of the whole file, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits"),
  licence: z.string(),
  source: z.string(),
  /** What `flamingo convert` made of it; the file itself says what each tensor is. */
  weights: z.enum(partFormats).optional(),
});

const modelDescription = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  /** The whole model's config, as `parseFlamingoConfig` takes it. */
  config: z.record(z.string(), z.unknown()),
  preprocessing: preprocessingConfig,
  tokenizer: z.string().default("tokenizer.json"),
  /** Special tokens that stand for a medium and for the end of what is said about it. */
  markers: z.strictObject({ image: z.string(), endOfChunk: z.string() }),
  parts: z.record(z.enum(flamingoParts), partDescription),
});

export type PartDescription = z.output<typeof partDescription>;
export type ModelDescription = z.output<typeof modelDescription>;

type StoredFormat = StoredDType | "int4";

export interface ModelFolder {
  /** Where it was found; ends with a slash. */
  readonly location: string;
  readonly description: ModelDescription;
  readonly config: FlamingoConfig;
  /** The content of the tokenizer's file. */
  readonly tokenizerJson: unknown;
  /** Weights by path: float32, and matrices in blocks as `formatsOf` finds them. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** How each part's weights are stored; `int4` and `int8` are matrices in blocks. */
  readonly storedAs: Readonly<Record<FlamingoPart, { readonly dtypes: readonly StoredFormat[]; readonly bytes: number }>>;
}

/**
 * @param name - a model that comes with the package (`nano`), or the path or address of a folder
 * @throws CheckpointError when the folder is none, a file is missing, damaged or cut short, or weights do not fit the config
 */
export async function loadModelFolder(name: string): Promise<ModelFolder> {
  const location = platform.resolveModel(name);
  const description = await readDescription(location, name);
  const config = parseFlamingoConfig(description.config);
  const tokenizerJson = parseJson(await readFile(location, description.tokenizer, name), `${location}${description.tokenizer}`);
  const weights = new Map<string, HostTensor>();
  const storedAs: Partial<Record<FlamingoPart, { dtypes: StoredFormat[]; bytes: number }>> = {};
  for (const part of flamingoParts) {
    const { file, sha256 } = description.parts[part];
    const bytes = await readFile(location, file, name);
    const found = await hexDigest(bytes);
    if (found !== sha256)
      throw new CheckpointError(
        `${location}${file}: its sha256 is ${found}, flamingo.json expects ${sha256}; the copy or download was interrupted or the file was changed, fetch it again`,
      );
    const { tensors } = readSafetensors(bytes, location + file);
    for (const [path, tensor] of tensors) weights.set(path, widened(tensor));
    storedAs[part] = { dtypes: storedFormats(tensors), bytes: bytes.length };
  }
  checkWeights(location, config, weights);
  return { location, description, config, tokenizerJson, weights, storedAs: storedAs as ModelFolder["storedAs"] };
}

/** Blocks count as what their codes are; their scales and offsets are not told apart. */
function storedFormats(tensors: ReadonlyMap<string, StoredTensor>): StoredFormat[] {
  const formats = [...tensors].flatMap(([path, { dtype, shape }]): StoredFormat[] => {
    if (path.endsWith(".codes")) return [shape[2] === 4 * 8 ? "int8" : "int4"];
    return tensors.has(`${path.slice(0, path.lastIndexOf("."))}.codes`) ? [] : [dtype];
  });
  return [...new Set(formats)];
}

async function readDescription(location: string, name: string): Promise<ModelDescription> {
  const json = parseJson(await readFile(location, "flamingo.json", name), `${location}flamingo.json`);
  try {
    return parseConfig(modelDescription, json, `${location}flamingo.json`);
  } catch (error) {
    if (error instanceof ConfigError) throw new CheckpointError(`not a model folder of this version: ${error.message}`, { cause: error });
    throw error;
  }
}

async function readFile(location: string, file: string, name: string): Promise<Uint8Array> {
  try {
    return await platform.readFile(location + file);
  } catch (error) {
    throw new CheckpointError(
      `cannot load the model "${name}": ${location}${file} cannot be read (${(error as Error).message}); give the name of an embedded model (nano) or a folder with a flamingo.json`,
      { cause: error },
    );
  }
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new CheckpointError(`${name} is not JSON (${(error as Error).message}); it is damaged or another file`, { cause: error });
  }
}

/** @throws CheckpointError naming the first ten that are missing, of another shape, or unknown */
function checkWeights(location: string, config: FlamingoConfig, weights: ReadonlyMap<string, HostTensor>): void {
  const expected = new Flamingo(config, formatsOf(weights)).parameters();
  const problems = [...expected].flatMap(([path, { dtype, shape }]) => {
    const found = weights.get(path);
    if (found === undefined) return [`${path} [${shape.join(", ")}] is missing`];
    if (found.shape.join() !== shape.join()) return [`${path} should be [${shape.join(", ")}], is [${found.shape.join(", ")}]`];
    return found.dtype === dtype ? [] : [`${path} should hold ${dtype} numbers, holds ${found.dtype}`];
  });
  problems.push(...[...weights.keys()].filter((path) => !expected.has(path)).map((path) => `${path} belongs to nothing in the config`));
  if (problems.length > 0) throw new CheckpointError(firstTen(`${location}: the weights do not fit the config in flamingo.json`, problems));
}
