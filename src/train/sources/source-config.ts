import * as z from "zod";
import { mmc4Options } from "../../data/samples/mmc4.ts";
import { sequenceConfig } from "../../data/sequences.ts";

/** What is made for one step is in memory all at once, and its graph's intermediate results too: larger numbers would only end in a failure without a word. */
const count = (least: number, most = 4096) => z.number().int().min(least).max(most, `at most ${most}: a batch is made and held in memory as a whole`);

/** What errors and progress call it; its random numbers depend on it. */
const name = z.string();
/** λ of the paper's objective: its gradients are multiplied with this. */
const weight = z.number().positive().default(1);
/** Largest global norm of its gradients, before the weight. Default: none; the optimiser clips the sum. */
const clipNorm = z.number().positive().optional();
/** Batches that are drawn together and share out their documents by length, so that little of a batch is padding. */
const bucket = count(1, 256).default(8);
/** Steps in which it takes part, counted from 0: from the first one on, and before the second one. */
const from = z.number().int().nonnegative().default(0);
const until = z.number().int().positive().optional();

/** A data set: a module that draws documents, and how they become batches. */
const moduleConfig = z.strictObject({
  kind: z.literal("module"),
  name,
  /** A TypeScript or JavaScript file whose default export opens the data set, beside the config's own file as an import would name it. */
  module: z.string(),
  /** What the module is told. */
  options: z.unknown().optional(),
  weight,
  clipNorm,
  /** Documents per batch; of the stages `resampler` and `contrastive`, pairs. */
  rows: count(1),
  /** Tokens per row, no more than the language model reads, into which documents are packed one after the other. Default: a row is one document, as long as it is. */
  tokens: count(16, 65_536).optional(),
  bucket,
  from,
  until,
  /** Folder where features of its pictures are kept. They belong to one vision encoder. Default: beside the run's checkpoint. */
  features: z.string().optional(),
});
export type ModuleConfig = z.output<typeof moduleConfig>;

/** How samples in files are read, of every format. */
const samples = {
  name,
  /** Paths and addresses of shards, with braces as in `shards/{00000..00099}.tar`; a folder stands for all files of the format in it. */
  paths: z.union([z.string(), z.array(z.string()).min(1)]).transform((paths) => (typeof paths === "string" ? [paths] : paths)),
  weight,
  clipNorm,
  /** Sequences per batch, or pairs. */
  rows: count(1),
  bucket,
  from,
  until,
  /** How samples become sequences of tokens. */
  sequence: sequenceConfig.prefault({}),
  /** Samples that wait in memory to be drawn from at random; 1: they come in the order of the files. */
  shuffle: count(1, 1_000_000).default(1000),
  /** Largest share of samples that cannot be read: with more the run stops. */
  badShare: z.number().min(0).max(1).default(0.1),
  /** Frames of a video that are shown: one after the other from anywhere in it, so many each second. Of a batch with longer videos, the last frame of a shorter one is seen again. */
  clip: z.strictObject({ frames: count(1, 256).default(8), perSecond: z.number().positive().max(1000).default(1) }).prefault({}),
  /** Whether pictures and videos are fetched that a sample names by their addresses. */
  fetchPictures: z.boolean().default(false),
  /**
   * Folder where a frozen vision encoder's features of its pictures stay, found by their pixels, for later epochs and runs. Default: pictures are encoded whenever they are shown, as those of
   * a large data set are that is seen once.
   */
  features: z.string().optional(),
};

/** Names of the parts of a pair. Default: the usual ones. */
const fields = { image: z.string().optional(), video: z.string().optional(), text: z.string().optional() };
const mmc4 = mmc4Options.prefault({});

const samplesConfig = z.discriminatedUnion("kind", [
  /** Tars whose files belong together by their names: a picture or a video and a text (img2dataset), or a document in JSON (MMC4). `image`, `video` and `text` are endings of files. */
  z.strictObject({ kind: z.literal("webdataset"), ...samples, ...fields, mmc4 }),
  /** `image`, `video` and `text` are columns; or those of OBELICS. */
  z.strictObject({ kind: z.literal("parquet"), ...samples, ...fields, mmc4 }),
  /** Lines of JSON: pairs, lists of pieces, OBELICS or MMC4. `image`, `video` and `text` are keys. */
  z.strictObject({ kind: z.literal("jsonl"), ...samples, ...fields, mmc4 }),
  /** Folders of pictures and videos, each beside a text file of its name. */
  z.strictObject({ kind: z.literal("folder"), ...samples }),
]);
export type SamplesConfig = z.output<typeof samplesConfig>;

export const sourceConfig = z.discriminatedUnion("kind", [moduleConfig, samplesConfig]);
export type SourceConfig = z.output<typeof sourceConfig>;
