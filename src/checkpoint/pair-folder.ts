/** What a contrastive run leaves in its folder: a `pair.json`, a tokenizer, and a file of weights for each part. The vision encoder among them begins a Flamingo. */
import * as z from "zod";
import { preprocessingConfig } from "../data/preprocessing.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { ContrastivePair, contrastiveConfig, type PairPart, pairParts } from "../model/contrastive/contrastive-pair.ts";
import { ConfigError, parseConfig } from "../model/strict-config.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { CheckpointError, firstTen } from "./errors.ts";
import { readJsonFile, sizeOf } from "./folder-files.ts";
import type { OpenedPart } from "./opened-part.ts";
import { openTokenizer } from "./tokenizer-file.ts";
import { openWeightsAt } from "./weights.ts";
import { asRead } from "./widen.ts";

const pairDescription = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  config: contrastiveConfig,
  preprocessing: preprocessingConfig,
  /** How texts become rows of tokens: at most so many, markers counted. */
  text: z.strictObject({
    tokens: z.number().int().positive(),
    markers: z.strictObject({ start: z.string().optional(), end: z.string().optional(), padding: z.string() }),
  }),
  /** Of the weights. */
  licence: z.string(),
  source: z.string(),
});
export type PairDescription = z.output<typeof pairDescription>;

export interface OpenedPair {
  readonly description: PairDescription;
  readonly pair: ContrastivePair;
  readonly weights: ReadonlyMap<string, HostTensor>;
  readonly tokenizer: Tokenizer;
}

const descriptionFile = "pair.json";

/** The file of a part's weights. */
export function pairPartFile(part: PairPart): string {
  return `${part}.safetensors`;
}

/** @returns undefined when the folder holds no pair @throws CheckpointError when its description is not one */
export async function readPairDescription(folder: string): Promise<PairDescription | undefined> {
  const name = `${withSlash(folder)}${descriptionFile}`;
  if ((await sizeOf(name)) === undefined) return undefined;
  try {
    return parseConfig(pairDescription, await readJsonFile(name), name);
  } catch (error) {
    if (error instanceof ConfigError) throw new CheckpointError(`not a pair of this version: ${error.message}`, { cause: error });
    throw error;
  }
}

/** @throws CheckpointError when there is none, or its weights do not fit what it says */
export async function openPairFolder(folder: string): Promise<OpenedPair> {
  const location = withSlash(folder);
  const description = await readPairDescription(location);
  if (description === undefined)
    throw new CheckpointError(
      `${folder} has no ${descriptionFile}; name the folder of a finished run of a config with the stage "contrastive", such as runs/NAME`,
    );
  const pair = new ContrastivePair(description.config, description.preprocessing);
  const weights = new Map<string, HostTensor>();
  for (const part of pairParts) for (const [path, tensor] of await readPairWeights(location + pairPartFile(part))) weights.set(path, tensor);
  const problems = [...pair.parameters()].flatMap(([path, { shape }]) => {
    const found = weights.get(path);
    return found?.shape.join() === shape.join() ? [] : [`${path} [${shape.join(", ")}] is ${found === undefined ? "missing" : `[${found.shape.join(", ")}]`}`];
  });
  if (problems.length > 0) throw new CheckpointError(firstTen(`${folder}: the weights do not fit its ${descriptionFile}`, problems));
  const tokenizerFile = `${location}tokenizer.json`;
  return { description, pair, weights, tokenizer: openTokenizer(await readJsonFile(tokenizerFile), tokenizerFile) };
}

/** What is said of the vision encoder of a pair. */
export function visionOfPair({
  config,
  preprocessing: { size: _, ...pixels },
  licence,
  source,
}: PairDescription): Pick<OpenedPart, "config" | "pixels" | "origin"> {
  return { config: config.vision, pixels, origin: { licence, source } };
}

/** The weights of one file. @throws CheckpointError when it cannot be read */
export async function readPairWeights(path: string): Promise<Map<string, HostTensor>> {
  const { file, close } = await openWeightsAt(path);
  try {
    const weights = new Map<string, HostTensor>();
    for (const [name, weight] of file.weights) weights.set(name, asRead(name, await weight.load()));
    return weights;
  } finally {
    await close();
  }
}

function withSlash(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}
