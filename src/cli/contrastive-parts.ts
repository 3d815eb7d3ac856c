/** The parts that a contrastive run begins with: what is said of them completes the config, and their weights are read. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CheckpointError, firstTen } from "../checkpoint/errors.ts";
import { openPart } from "../checkpoint/model-part.ts";
import { pairPartFile, readPairDescription, readPairWeights } from "../checkpoint/pair-folder.ts";
import { completedConfig } from "../checkpoint/same-config.ts";
import { ContrastivePair, type PairPart, pairParts } from "../model/contrastive/contrastive-pair.ts";
import { withStated } from "../data/preprocessing.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import type { ContrastiveTrainingConfig } from "../train/contrastive-config.ts";
import { fitPositions } from "./training-parts.ts";

type Content = Readonly<Record<string, unknown>>;

/**
 * A training config whose `model` and `preprocessing` have what they leave out of parts that come with a config of their own.
 * @param input - as it is written; what is wrong in it is left for `parseContrastiveTrainingConfig` to say
 * @throws ConfigError when a part is not there; CheckpointError when it cannot be opened, or is another one than the config states
 */
export async function withPairParts(input: Content): Promise<Content> {
  const model: Record<string, unknown> = { ...contentOf(input["model"]) };
  const parts = contentOf(input["parts"]);
  let preprocessing = contentOf(input["preprocessing"]);
  for (const part of pairParts) {
    const path = parts[part];
    if (typeof path !== "string") continue;
    checkIsThere(part, path);
    if (part === "vision") {
      const opened = await openPart("vision", path, contentOf(model[part]));
      await opened.close();
      if (opened.config !== undefined) model[part] = completedConfig(part, opened.config, contentOf(model[part]), path);
      preprocessing = withStated(opened.pixels ?? {}, preprocessing);
      continue;
    }
    const described = (await readPairDescription(folderOf(path)))?.config;
    if (described === undefined) continue;
    if (part === "text") model[part] = { ...described.text, ...contentOf(model[part]) };
    else model["width"] ??= described.width;
  }
  return { ...input, ...("model" in input ? { model } : {}), preprocessing };
}

/**
 * Weights by path of the parts that the config names.
 * @throws CheckpointError when a part is damaged, or holds what the model does not have
 */
export async function readPairParts({ parts, model }: ContrastiveTrainingConfig): Promise<Map<string, HostTensor>> {
  const declared = new ContrastivePair(model, { mean: [0, 0, 0], deviation: [1, 1, 1] }).parameters();
  const weights = new Map<string, HostTensor>();
  for (const part of pairParts) {
    const path = parts[part];
    if (path === undefined) continue;
    checkIsThere(part, path);
    const held =
      part === "vision" ? await visionWeights(path, model) : await readPairWeights(path.endsWith(".safetensors") ? path : join(path, pairPartFile(part)));
    const foreign = [...held].flatMap(([name, { shape }]) => {
      const wanted = name.startsWith(`${part}.`) ? declared.get(name)?.shape : undefined;
      if (wanted?.join() === shape.join()) return [];
      return [`${name} [${shape.join(", ")}] ${wanted === undefined ? "is nothing in the config" : `should be [${wanted.join(", ")}]`}`];
    });
    if (foreign.length > 0) throw new CheckpointError(firstTen(`${path}: its weights do not fit the part "${part}" of the config's model`, foreign));
    for (const [name, tensor] of held) weights.set(name, tensor);
  }
  return weights;
}

/** The folder of a part that may be named by its file. */
export function folderOf(path: string): string {
  return path.endsWith(".safetensors") ? dirname(path) : path;
}

async function visionWeights(path: string, { vision }: ContrastiveTrainingConfig["model"]): Promise<Map<string, HostTensor>> {
  const opened = await openPart("vision", resolve(path), vision);
  try {
    const weights = new Map<string, HostTensor>();
    for await (const [name, tensor] of opened.read(false)) weights.set(name, tensor);
    fitPositions(vision, weights);
    return weights;
  } finally {
    await opened.close();
  }
}

function checkIsThere(part: PairPart, path: string): void {
  if (!existsSync(path))
    throw new ConfigError(`"parts.${part}" is ${path}, which is not there; train the run that makes it first, or name another file or folder`);
}

function contentOf(value: unknown): Content {
  return typeof value === "object" && value !== null ? (value as Content) : {};
}
