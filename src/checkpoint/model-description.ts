/** What `flamingo.json` says. There are two forms: of models that this project writes, and of published checkpoints, which stay in the files they came in. */
import { z } from "zod";
import { preprocessingConfig } from "../data/preprocessing.ts";
import { promptLayout } from "../data/prompt-layout.ts";
import { type FlamingoPart, flamingoParts } from "../model/flamingo.ts";
import { ConfigError, parseConfig } from "../model/strict-config.ts";
import { clipVitConfig } from "../model/vision/clip-vit.ts";
import { CheckpointError } from "./errors.ts";

/** A folder from elsewhere must not reach outside itself. */
const fileInFolder = z.string().refine((path) => path.split("/").every((name) => name !== "" && name !== "." && name !== ".." && !/[\\:\0]/.test(name)), {
  message: "must be a file in the model's folder: names with slashes between them, none of them ..",
});
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");

/** What the matrices of a part are stored as: blocks of 4 or 8 bits (32 values to a block; g128: 128), 8 bits with one scale for each output channel for products in whole numbers, or floats. */
export const partFormats = ["int4", "int4-g128", "int8", "w8a8", "float16"] as const;
export type PartFormat = (typeof partFormats)[number];

/** What the embedding may be stored as, which is read row by row. */
export const embeddingFormats = ["int4", "int4-g128", "int8", "float16"] as const satisfies readonly PartFormat[];

/** Of each part, and of the embedding by itself. Default there: blocks of 8 bits where the language model is stored in few bits. */
export interface ModelFormats extends Readonly<Record<FlamingoPart, PartFormat>> {
  readonly "language.embedding"?: (typeof embeddingFormats)[number];
}

const partDescription = z.strictObject({
  /** A safetensors file in the folder; its names are parameter paths. */
  file: fileInFolder,
  /** Of the whole file, in hexadecimal. */
  sha256,
  licence: z.string(),
  source: z.string(),
  /** What `flamingo convert` made of it; the file itself says what each tensor is. */
  weights: z.enum(partFormats).optional(),
});

const common = {
  format: z.literal(1),
  name: z.string(),
  tokenizer: fileInFolder.default("tokenizer.json"),
  /** Special tokens: what stands for a medium and for the end of what is said about it; where there are such, for the start and for what is around media. */
  markers: z.strictObject({ image: z.string(), endOfChunk: z.string(), start: z.string().optional(), aroundImage: z.string().optional() }),
  prompt: promptLayout.prefault({}),
};

const ownDescription = z.strictObject({
  ...common,
  /** The whole model's config, as `parseFlamingoConfig` takes it. */
  config: z.record(z.string(), z.unknown()),
  preprocessing: preprocessingConfig,
  parts: z.record(z.enum(flamingoParts), partDescription),
});

const publishedPart = z.strictObject({
  /** The file of weights, or the index of several. */
  weights: fileInFolder,
  /** Of a PyTorch file only the nested dict of this name, such as `model_state_dict`. */
  within: z.string().optional(),
  /** The `config.json` that belongs to the weights. */
  config: fileInFolder.optional(),
  /** Everything that the part needs, the index's files too. */
  files: z.array(z.strictObject({ file: fileInFolder, bytes: z.number().int().nonnegative(), sha256 })).min(1),
  licence: z.string(),
  source: z.string(),
});

/** Kinds of published checkpoints, and what their files do not say themselves. */
const publishedKind = z.discriminatedUnion("kind", [
  /** Parts `checkpoint`, `language` and `vision`. */
  z.strictObject({
    kind: z.literal("openflamingo"),
    /** The frozen CLIP. Default: what the part's config.json says; without one, OpenAI's ViT-L/14. */
    vision: clipVitConfig.optional(),
    /** Channels of each head of the new layers. Default: 64, as in every release. */
    headDim: z.number().int().positive().optional(),
  }),
  /** One part, `model`. */
  z.strictObject({ kind: z.literal("idefics") }),
]);

const publishedDescription = z.strictObject({
  ...common,
  published: publishedKind,
  /** Tokens that follow the tokenizer's own, in the order of the embedding's last rows. Those that its file has already stay what they are. */
  addedTokens: z.array(z.string()).default([]),
  parts: z.partialRecord(z.enum(["checkpoint", "language", "vision", "model"]), publishedPart),
});

/** The parts that each kind has. */
export const publishedParts = { openflamingo: ["checkpoint", "language", "vision"], idefics: ["model"] } as const satisfies Readonly<
  Record<PublishedDescription["published"]["kind"], readonly PublishedPartName[]>
>;

export type OwnDescription = z.output<typeof ownDescription>;
export type PublishedDescription = z.output<typeof publishedDescription>;
export type PublishedPartDescription = z.output<typeof publishedPart>;
export type PublishedPartName = keyof PublishedDescription["parts"];
export type ModelDescription = OwnDescription | PublishedDescription;

/**
 * @param json - the content of a `flamingo.json`
 * @param name - what errors call it
 * @throws CheckpointError naming each wrong key with what would be valid
 */
export function parseModelDescription(json: unknown, name: string): ModelDescription {
  const published = typeof json === "object" && json !== null && "published" in json;
  try {
    const description = published ? parseConfig(publishedDescription, json, name) : parseConfig(ownDescription, json, name);
    if ("published" in description) checkParts(description, name);
    return description;
  } catch (error) {
    if (error instanceof ConfigError) throw new CheckpointError(`not a model folder of this version: ${error.message}`, { cause: error });
    throw error;
  }
}

function checkParts({ published: { kind }, parts }: PublishedDescription, name: string): void {
  const needed = publishedParts[kind];
  const found = Object.keys(parts);
  if (needed.length !== found.length || needed.some((part) => !found.includes(part)))
    throw new CheckpointError(`${name}: a model of the kind "${kind}" has the parts ${needed.join(", ")}; found ${found.join(", ") || "none"}`);
  for (const [part, { weights, config, files }] of Object.entries(parts)) {
    const unlisted = [weights, config].filter((file) => file !== undefined && !files.some((each) => each.file === file));
    if (unlisted.length > 0) throw new CheckpointError(`${name}: part "${part}" does not list ${unlisted.join(" and ")} among its files`);
  }
}
