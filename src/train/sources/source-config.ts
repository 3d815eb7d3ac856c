import { z } from "zod";

/** What is made for one step is in memory all at once, and its graph's intermediate results too: larger numbers would only end in a failure without a word. */
const count = (least: number, most = 4096) => z.number().int().min(least).max(most, `at most ${most}: a batch is made and held in memory as a whole`);

/** A data set: a module that draws documents, and how they become batches. */
export const sourceConfig = z.strictObject({
  kind: z.literal("module"),
  /** What errors and progress call it; its random numbers depend on it. */
  name: z.string(),
  /** A TypeScript or JavaScript file whose default export opens the data set, beside the config's own file as an import would name it. */
  module: z.string(),
  /** What the module is told. */
  options: z.unknown().optional(),
  /** λ of the paper's objective: its gradients are multiplied with this. */
  weight: z.number().positive().default(1),
  /** Largest global norm of its gradients, before the weight. Default: none; the optimiser clips the sum. */
  clipNorm: z.number().positive().optional(),
  /** Documents per batch; of a contrastive stage, pairs. */
  rows: count(1),
  /** Tokens per row, no more than the language model reads, into which documents are packed one after the other. Default: a row is one document, as long as it is. */
  tokens: count(16, 65_536).optional(),
  /** Batches that are drawn together and share out their documents by length, so that little of a batch is padding. */
  bucket: count(1, 256).default(8),
  /** Steps in which it takes part, counted from 0: from the first one on, and before the second one. */
  from: z.number().int().nonnegative().default(0),
  until: z.number().int().positive().optional(),
  /** Folder where features of its pictures are kept. They belong to one vision encoder. Default: beside the run's checkpoint. */
  features: z.string().optional(),
});
export type SourceConfig = z.output<typeof sourceConfig>;
