/** What a training run has made, with the frozen parts that it began with: a whole model. */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { platform } from "#checkpoint-platform";
import type { KeptFile, WritableModel } from "../checkpoint/converted-folder.ts";
import { CheckpointError } from "../checkpoint/errors.ts";
import { sizeOf } from "../checkpoint/folder-files.ts";
import { readGgufTokenizer } from "../checkpoint/gguf-part.ts";
import { isGguf } from "../checkpoint/model-description.ts";
import { openPart } from "../checkpoint/model-part.ts";
import type { PartPixels, WeightOrigin } from "../checkpoint/opened-part.ts";
import { checkOwnWeights } from "../checkpoint/own-weights.ts";
import { openTokenizer } from "../checkpoint/tokenizer-file.ts";
import type { Markers } from "../data/document.ts";
import { Flamingo, type FlamingoPart, flamingoParts } from "../model/flamingo.ts";
import { formatsOf, storedParts } from "../nn/scope.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { runFolder } from "../train/platform/node-run-files.ts";
import { parseTrainingConfig, type TrainingConfig } from "../train/training-config.ts";
import { preprocessingOf } from "./training-vision.ts";

/**
 * @param folder - the run's
 * @param name - what the model shall be called
 * @param stored - parts that get another format in any case. Others that are frozen stay the files that they are: GGUF files, and those that can be fetched
 * @throws CheckpointError when it is no folder of a run, or the run has not finished
 */
export async function packedRun(folder: string, name: string, stored: ReadonlySet<string>): Promise<WritableModel> {
  const config = await configOfRun(folder);
  const { model, markers } = config;
  const weights = new Map<string, HostTensor>();
  const origins: Partial<Record<FlamingoPart, WeightOrigin>> = {};
  const kept: Partial<Record<FlamingoPart, KeptFile>> = {};
  let pixels: PartPixels | undefined;
  for (const part of flamingoParts) {
    const opened = await readPart(part, folder, config, weights);
    pixels ??= opened.pixels;
    const { licence, source } = config.origins[part] ?? opened.origin;
    origins[part] = { licence, source };
    if (opened.unchanged !== undefined && !stored.has(part)) {
      const file = await keptFile(opened.unchanged, config.origins[part]?.from);
      if (file !== undefined) kept[part] = file;
    }
  }
  checkOwnWeights(folder, model, weights);
  const network = new Flamingo(model, formatsOf(weights));
  const tokenizerFile = join(folder, "tokenizer.json");
  const tokenizerJson: unknown = JSON.parse(await readFile(tokenizerFile, "utf8"));
  openTokenizer(tokenizerJson, tokenizerFile);
  const { image, endOfChunk, start } = markers;
  const tokenizerInPart = kept.language !== undefined && (await holdsTokenizer(kept.language.path, { image, endOfChunk }, tokenizerJson));
  return {
    description: { name, markers: { image, endOfChunk, ...(start === undefined ? {} : { start }) }, prompt: { trim: false } },
    origins: origins as WritableModel["origins"],
    config: model,
    preprocessing: preprocessingOf(config, pixels, network.vision.imageSize),
    tokenizerJson,
    held: weights,
    kept,
    tokenizerInPart,
    async *read() {
      for (const [path, weight] of network.weights()) yield [path, new Map(storedParts(path, weight).map(([each]) => [each, weights.get(each)!]))];
    },
  };
}

async function configOfRun(folder: string): Promise<TrainingConfig> {
  const bytes = await runFolder(folder).read("config.json");
  if (bytes === undefined)
    throw new CheckpointError(`${folder} has no config.json; name the folder of a run that "flamingo train" has made, such as runs/NAME`);
  return parseTrainingConfig(JSON.parse(new TextDecoder().decode(bytes)));
}

interface ReadPart {
  readonly origin: WeightOrigin;
  readonly pixels: PartPixels | undefined;
  /** The one file of a frozen part of which nothing was trained. */
  readonly unchanged: string | undefined;
}

/** @returns undefined where the part is stored anew. @throws CheckpointError when it is said to be another model's file and is not */
async function keptFile(path: string, from: KeptFile["from"]): Promise<KeptFile | undefined> {
  if (from === undefined && !isGguf(path)) return undefined;
  const file = { file: basename(path), bytes: (await sizeOf(path))!, sha256: await platform.sha256(path), ...(from === undefined ? {} : { from }), path };
  for (const place of from ?? []) {
    if (place.kind !== "model") continue;
    const other = (await platform.findModel(place.model, {})) + place.file;
    if ((await sizeOf(other)) === undefined || (await platform.sha256(other)) !== file.sha256)
      throw new CheckpointError(
        `"origins" says that ${path} is ${place.file} of the model ${place.model}, and it is not; name that file under "parts", or store the part in the folder with --part PART=FORMAT`,
      );
  }
  return file;
}

async function holdsTokenizer(path: string, markers: Markers, tokenizerJson: unknown): Promise<boolean> {
  if (!isGguf(path)) return false;
  return JSON.stringify(await readGgufTokenizer(path, markers)) === JSON.stringify(tokenizerJson);
}

/** Adds a part's weights: those that it began with, and what the run has trained of it in their place. */
async function readPart(
  part: FlamingoPart,
  folder: string,
  { name, model, parts, stage }: TrainingConfig,
  weights: Map<string, HostTensor>,
): Promise<ReadPart> {
  const trained = await runFolder(folder).read(`${part}.safetensors`);
  const beginning = parts[part];
  // What it began with would be a model, too, and not the one that was trained.
  if (trained === undefined && (beginning === undefined || (stage === "flamingo" && !model.freeze[part])))
    throw new CheckpointError(
      `the run ${folder} has not made the part "${part}"; finish it with "flamingo train --resume", or train the stage that makes that part`,
    );
  const opened = beginning === undefined ? undefined : await openPart(part, resolve(beginning), model[part]);
  try {
    // What is trained takes the place of what it began as.
    if (opened !== undefined && (trained === undefined || model.freeze[part])) for await (const [path, tensor] of opened.read(true)) weights.set(path, tensor);
  } finally {
    await opened?.close();
  }
  if (trained !== undefined) {
    const run = await openPart(part, join(folder, `${part}.safetensors`), model[part]);
    try {
      for await (const [path, tensor] of run.read(false)) weights.set(path, tensor);
    } finally {
      await run.close();
    }
  }
  const unchanged = trained === undefined && model.freeze[part] && opened?.files.length === 1 ? opened.files[0]! : undefined;
  const licence = opened?.origin?.licence ?? "not stated";
  const untouched = opened?.origin ?? { licence, source: beginning ?? "not stated" };
  const origin = trained === undefined ? untouched : { licence, source: `trained by the config "${name}"` };
  return { unchanged, origin, pixels: opened?.pixels };
}
