/** What `flamingo.json` says. There are two forms: of models that this project writes, and of published checkpoints, which stay in the files they came in. */
import * as z from "zod";
import { preprocessingConfig } from "../data/preprocessing.ts";
import { promptLayout } from "../data/prompt-layout.ts";
import { type FlamingoPart, flamingoParts } from "../model/flamingo.ts";
import { ConfigError, parseConfig } from "../model/strict-config.ts";
import { clipVitConfig } from "../model/vision/clip-vit.ts";
import { CheckpointError } from "./errors.ts";
import { fileInFolder, filePlaces, sha256 } from "./referenced-file.ts";

/** What the matrices of a part are stored as: blocks of 4 or 8 bits (32 values to a block; g128: 128), 8 bits with one scale for each output channel for products in whole numbers, or floats. */
export const partFormats = ["int4", "int4-g128", "int8", "w8a8", "float16"] as const;
export type PartFormat = (typeof partFormats)[number];

/** What the embedding may be stored as, which is read row by row. */
export const embeddingFormats = ["int4", "int4-g128", "int8", "float16"] as const satisfies readonly PartFormat[];

/** Of each part, and of the embedding by itself. Default there: blocks of 8 bits where the language model is stored in few bits. */
export interface ModelFormats extends Readonly<Record<FlamingoPart, PartFormat>> {
  readonly "language.embedding"?: (typeof embeddingFormats)[number];
}

const partDescription = z
  .strictObject({
    /** A safetensors file in the folder, whose names are parameter paths; of the language model also a GGUF file. */
    file: fileInFolder,
    /** Of the whole file, in hexadecimal. */
    sha256,
    /** Of the whole file. */
    bytes: z.number().int().positive().optional(),
    /** Where the file is fetched from if it does not lie in the folder. */
    from: filePlaces.optional(),
    licence: z.string(),
    source: z.string(),
    /** What `flamingo convert` made of it; the file itself says what each tensor is. */
    weights: z.enum(partFormats).optional(),
  })
  .refine(({ bytes, from }) => from === undefined || bytes !== undefined, { path: ["bytes"], message: "is needed of a file that is fetched" });

const common = {
  format: z.literal(1),
  name: z.string(),
  /** A `tokenizer.json`, or the language model's GGUF file. */
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
  parts: z.record(z.enum(flamingoParts), partDescription).refine((parts) => flamingoParts.every((part) => part === "language" || !isGguf(parts[part].file)), {
    message: "only the language model may be a .gguf file",
  }),
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

export type OwnPartDescription = z.output<typeof partDescription>;
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
    else if (isGguf(description.tokenizer) && description.tokenizer !== description.parts.language.file)
      throw new CheckpointError(`${name}: "tokenizer" may be a .gguf file only where that is the language model's, ${description.parts.language.file}`);
    return description;
  } catch (error) {
    if (error instanceof ConfigError) throw new CheckpointError(`not a model folder of this version: ${error.message}`, { cause: error });
    throw error;
  }
}

export function isGguf(file: string): boolean {
  return file.endsWith(".gguf");
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
