import { hexDigest } from "../checkpoint/digest.ts";
import { CheckpointError } from "../checkpoint/errors.ts";
import type { ModelDescription } from "../checkpoint/model-description.ts";
import type { ModelFolder } from "../checkpoint/model-folder.ts";
import { inMemory } from "../checkpoint/own-part.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../checkpoint/safetensors.ts";
import { bytesOf } from "../checkpoint/safetensors-types.ts";
import { type PreprocessingConfig, preprocessingConfig } from "../data/preprocessing.ts";
import { parseFlamingoConfig } from "../model/config.ts";
import { parseConfig, withoutDefaults } from "../model/strict-config.ts";
import { type HostTensor, holdsNoNumbers } from "../runtime/runtime.ts";
import { cacheNames } from "./key-value-cache.ts";
import type { ContextContent } from "./language-context.ts";
import type { ModelSessions } from "./model-sessions.ts";

/**
 * A support set as a safetensors file: `cache.{block}.key|value` [1, keyHeads, tokens, headDim] and, of each medium that a query's text may see,
 * `seen.{medium}.media.{layer}.key|value` [1, heads, latents, headDim]; all float32, so that answers are the same to the last bit.
 */
export interface SupportSetContent extends ContextContent {
  readonly examples: number;
  readonly useMedia: boolean;
  /** What it took to read the examples. */
  readonly seconds: number;
}

const format = "flamingo support set";
const version = "1";

/** @param model - identity of the model that read it, from {@link modelIdentity} */
export async function supportSetBytes(
  { tokens, cache, media, examples, useMedia, seconds }: SupportSetContent,
  model: string,
  modelName: string,
): Promise<Uint8Array> {
  const tensors = new Map<string, HostTensor>([...cache].map(([name, tensor]) => [`cache.${name}`, tensor]));
  media.forEach(({ layers }, i) => {
    for (const [name, tensor] of Object.entries(layers)) tensors.set(`seen.${i}.${name}`, tensor);
  });
  const facts = { tokens, media: media.length, examples, useMedia, seconds };
  const described = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]));
  const metadata = { format, version, model, modelName, ...described };
  return writeSafetensors(tensors, { ...metadata, sha256: await contentDigest(tensors, metadata) });
}

/**
 * @param name - what errors call the file
 * @throws CheckpointError when it is cut short, damaged, of another model or of another version
 */
export async function readSupportSet(bytes: Uint8Array, name: string, sessions: ModelSessions, model: string): Promise<SupportSetContent> {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const { sha256, ...described } = metadata;
  if (described["format"] !== format) throw new CheckpointError(`${name} is not a support set; make one with flamingo ask --shot … --save-support FILE`);
  if (described["version"] !== version)
    throw new CheckpointError(`${name} is a support set of version ${described["version"]}, this program reads version ${version}; make it again`);
  if ((await contentDigest(tensors, described)) !== sha256)
    throw new CheckpointError(`${name} is damaged: its content does not fit its sha256; copy it again, or make it again from its examples`);
  if (described["model"] !== model)
    throw new CheckpointError(
      `${name} was made by another model (${described["modelName"]}, ${described["model"]?.slice(0, 12)}; this one is ${model.slice(0, 12)}); what one model has read means nothing to another: make it again with this one`,
    );
  const [tokens, media, examples, seconds] = ["tokens", "media", "examples", "seconds"].map((fact) => Number(described[fact])) as [
    number,
    number,
    number,
    number,
  ];
  const useMedia = described["useMedia"] === "true";
  const expected = (tensor: string, shape: readonly number[]): HostTensor => {
    const found = tensors.get(tensor);
    if (found?.dtype !== "float32" || found.shape.join() !== shape.join())
      throw new CheckpointError(
        `${name}: ${tensor} should be float32 [${shape.join(", ")}], found ${found === undefined ? "nothing" : `${found.dtype} [${found.shape.join(", ")}]`}`,
      );
    const result: HostTensor = { dtype: "float32", shape, data: found.data };
    if (holdsNoNumbers(result))
      throw new CheckpointError(`${name}: ${tensor} holds values that are no numbers (NaN or Infinity); make it again from its examples`);
    return result;
  };
  const { fusion, resampler, config } = sessions.network;
  const cacheShape = [1, config.language.keyHeads, tokens, config.language.headDim];
  const layerShape = [1, fusion.heads, resampler.latents, fusion.headDim];
  const layers = Array.from({ length: fusion.count }, (_, j) => [`media.${j}.key`, `media.${j}.value`]).flat();
  return {
    tokens,
    cache: new Map(cacheNames(sessions, useMedia).map((each) => [each, expected(`cache.${each}`, cacheShape)])),
    media: Array.from({ length: media }, (_, i) => ({ layers: Object.fromEntries(layers.map((each) => [each, expected(`seen.${i}.${each}`, layerShape)])) })),
    examples,
    useMedia,
    seconds,
  };
}

/** What makes two models the same: config, preprocessing, tokenizer and the content of all weights; not their names or where they lie. */
export async function modelIdentity(folder: ModelFolder): Promise<string> {
  const { config, preprocessing, description, tokenizerJson } = folder;
  const { markers, prompt } = description;
  const content = fileHashes(description) ?? (await contentDigest(await read(folder.weights), {}));
  return hexDigest(
    new TextEncoder().encode(
      JSON.stringify([
        withoutDefaults(config, parseFlamingoConfig),
        withoutDefaults(preprocessing, parsePreprocessing),
        markers,
        prompt,
        content,
        tokenizerJson,
      ]),
    ),
  );
}

const parsePreprocessing = (input: unknown): PreprocessingConfig => parseConfig(preprocessingConfig, input, "preprocessing");

async function read(weights: ModelFolder["weights"]): Promise<ReadonlyMap<string, HostTensor>> {
  return new Map(await Promise.all([...weights].map(async ([path, weight]) => [path, await inMemory(weight)] as const)));
}

/** @returns undefined where nobody has written down what the files hold: a repository of the hub without a flamingo.json */
function fileHashes(description: ModelDescription): readonly unknown[] | undefined {
  if (!("published" in description)) return Object.entries(description.parts).map(([part, { sha256 }]) => [part, sha256]);
  const parts = Object.entries(description.parts);
  return parts.some(([, { files }]) => files.length === 0) ? undefined : parts.map(([part, { files }]) => [part, files.map(({ sha256 }) => sha256)]);
}

export async function contentDigest(tensors: ReadonlyMap<string, StoredTensor>, metadata: Readonly<Record<string, string>>): Promise<string> {
  const names = [...tensors.keys()].sort();
  const contents = await Promise.all(
    names.map(async (name) => {
      const { shape, data } = tensors.get(name)!;
      return [name, shape, await hexDigest(bytesOf(data))];
    }),
  );
  return hexDigest(new TextEncoder().encode(JSON.stringify([Object.entries(metadata).sort(), contents])));
}
