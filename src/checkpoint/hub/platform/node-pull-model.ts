import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError } from "../../errors.ts";
import { parseJson } from "../../json-bytes.ts";
import { type PublishedDescription, type PublishedPartDescription, parseModelDescription } from "../../model-description.ts";
import { fileSha256 } from "../../platform/node-hash.ts";
import { checkIsIdefics, filesOfWeights, ideficsTraits, processorFiles } from "../../published/recognise.ts";
import { type ZooModel, type ZooPart, zoo } from "../../zoo.ts";
import { checkRepositoryName } from "../names.ts";
import type { ModelPullEvent } from "../pull-event.ts";
import { type FileChoice, type PulledSnapshot, type PullOptions, pull } from "./node-pull.ts";
import { fetchReferences } from "./node-referenced-file.ts";
import type { HubSettings } from "./node-settings.ts";
import { linkOrCopy, onDisk, replaceFile, sizeOf, textOf } from "./node-storage.ts";

/** What to get from the hub. */
export interface PullModelOptions extends Omit<PullOptions, "repository" | "include"> {
  /** A model of the zoo, or the repository of a whole model that is recognised by its files. */
  readonly name: string;
}

/** A model on disk. */
export interface PulledModel {
  readonly name: string;
  /** With a flamingo.json. */
  readonly folder: string;
  readonly parts: readonly PulledSnapshot[];
  readonly bytes: number;
  /** Received in this call. */
  readonly downloaded: number;
}

/** @returns the folder of a model that was pulled before and is whole, without asking the hub; else undefined */
export async function pulledModel(name: string, settings: HubSettings): Promise<string | undefined> {
  const folder = modelFolder(name, settings);
  const text = await textOf(join(folder, "flamingo.json"));
  if (text === undefined) return undefined;
  try {
    const { parts } = JSON.parse(text) as PublishedDescription;
    const files = Object.values(parts).flatMap((part) => part.files);
    for (const { file, bytes } of files) if ((await sizeOf(join(folder, file))) !== bytes) return undefined;
    return folder;
  } catch {
    return undefined;
  }
}

/**
 * Brings all parts of a model into the shared cache, and makes a folder that says what each of them is. Its files are links into the cache: parts that several models share
 * are there once, Python's tools use the same files, and the folder can be copied like any other (`cp -rL`).
 * @throws CheckpointError as `pull`, and when the repository is none of a whole model
 */
export async function* pullModel(options: PullModelOptions): AsyncGenerator<ModelPullEvent, PulledModel> {
  const { name, settings, revision } = options;
  checkRepositoryName(name);
  const known = zoo.get(name) ?? (yield* recognised(options));
  if ("snapshot" in known) {
    const { snapshot } = known;
    const file = join(snapshot.folder, "flamingo.json");
    const description = parseModelDescription(parseJson(await readFile(file), file), file);
    const referenced = "published" in description ? { bytes: 0, downloaded: 0 } : yield* fetchReferences(`${snapshot.folder}/`, description, options);
    return {
      name,
      folder: snapshot.folder,
      parts: [snapshot],
      bytes: snapshot.bytes + referenced.bytes,
      downloaded: snapshot.downloaded + referenced.downloaded,
    };
  }
  const folder = modelFolder(name, settings);
  const snapshots: PulledSnapshot[] = [];
  const parts: PublishedDescription["parts"] = {};
  let tokenizer = "tokenizer.json";
  for (const [part, wanted] of Object.entries(known.parts) as [keyof typeof parts, ZooPart][]) {
    // What it says of pictures counts where it lies beside the vision tower's config.
    const chosen = choiceOf(wanted, part === "vision" || part === "model" ? processorFiles : []);
    const asked = wanted.repository === name ? revision : wanted.revision;
    const snapshot = yield* pullPart(options, wanted.repository, chosen.choose, asked);
    snapshots.push(snapshot);
    parts[part] = await placePart(folder, part, wanted, chosen.weights(), snapshot, settings);
    if (wanted.tokenizer !== undefined) tokenizer = `${part}/${wanted.tokenizer}`;
  }
  const description: PublishedDescription = { format: 1, name, tokenizer, ...known.traits, parts };
  const file = join(folder, "flamingo.json");
  // After everything that it names.
  await onDisk(file, () => replaceFile(file, `${JSON.stringify(description, null, 2)}\n`));
  const sum = (of: (snapshot: PulledSnapshot) => number): number => snapshots.reduce((total, snapshot) => total + of(snapshot), 0);
  return { name, folder, parts: snapshots, bytes: sum(({ bytes }) => bytes), downloaded: sum(({ downloaded }) => downloaded) };
}

function modelFolder(name: string, { models }: HubSettings): string {
  return join(models, ...name.split("/"));
}

async function* pullPart(
  { name: _, revision: __, ...options }: PullModelOptions,
  repository: string,
  include: FileChoice,
  revision: string | undefined,
): AsyncGenerator<ModelPullEvent, PulledSnapshot> {
  const pulling = pull({ ...options, repository, include, ...(revision === undefined ? {} : { revision }) });
  let result = await pulling.next();
  for (; result.done !== true; result = await pulling.next()) yield { ...result.value, repository };
  return result.value;
}

/** What is fetched of a part's repository, and afterwards which of it the weights are. @param beside - names of files that are fetched too where they are there */
function choiceOf({ repository, weights, config, tokenizer }: ZooPart, beside: readonly string[]): { readonly choose: FileChoice; weights(): string } {
  let found = weights;
  return {
    choose(names) {
      const own = weights === undefined ? filesOfWeights(names, repository) : { weights, files: [weights] };
      found = own.weights;
      const wanted = [...own.files, ...[config, tokenizer].filter((file) => file !== undefined)];
      const missing = wanted.filter((file) => !names.includes(file));
      if (missing.length > 0)
        throw new CheckpointError(`${repository} has no ${missing.join(", ")}, which the model needs; it is not the repository that was released`);
      return [...wanted, ...beside.filter((file) => names.includes(file))];
    },
    weights: () => found!,
  };
}

/** Links a part's files into the model's folder. */
async function placePart(
  folder: string,
  part: string,
  { config, licence }: ZooPart,
  weights: string,
  { repository, commit, folder: snapshot, files }: PulledSnapshot,
  { copies, endpoint }: HubSettings,
): Promise<PublishedPartDescription> {
  const described = [];
  for (const { name, bytes, sha256 } of files) {
    const target = join(snapshot, name);
    await onDisk(join(folder, part, name), () => linkOrCopy(target, join(folder, part, name), copies));
    described.push({ file: `${part}/${name}`, bytes, sha256: sha256 ?? (await fileSha256(target)) });
  }
  return {
    weights: `${part}/${weights}`,
    ...(config === undefined ? {} : { config: `${part}/${config}` }),
    files: described.sort((a, b) => (a.file < b.file ? -1 : 1)),
    licence,
    source: `${endpoint}/${repository}/tree/${commit}`,
  };
}

/** A repository that no list knows: a folder of this project's own form is used as it is, another one must be recognised by its config. */
async function* recognised(options: PullModelOptions): AsyncGenerator<ModelPullEvent, ZooModel | { readonly snapshot: PulledSnapshot }> {
  const { name, revision } = options;
  let names: readonly string[] = [];
  const choose: FileChoice = (all) => {
    names = all;
    return all.includes("flamingo.json") ? all : all.filter((file) => file === "config.json");
  };
  const snapshot = yield* pullPart(options, name, choose, revision);
  if (names.includes("flamingo.json")) return { snapshot };
  const hasCheckpoint = names.includes("checkpoint.pt");
  if (!names.includes("config.json") && !hasCheckpoint)
    throw new CheckpointError(
      `${name} has neither a flamingo.json nor a config.json, so it is no model that is known; known by name are ${[...zoo.keys()].join(", ")}`,
    );
  const config = names.includes("config.json") ? parseJson(await readFile(join(snapshot.folder, "config.json")), `${name}: config.json`) : undefined;
  checkIsIdefics(name, config, hasCheckpoint);
  const part = { repository: name, config: "config.json", tokenizer: "tokenizer.json", licence: `not stated here: see the page of ${name}` };
  return { traits: ideficsTraits(config), parts: { model: { ...part, ...(revision === undefined ? {} : { revision }) } } };
}
