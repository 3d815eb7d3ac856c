import { z } from "zod";

const count = z.number().int().positive();

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
  rows: count,
  /** Tokens per row, into which documents are packed one after the other. Default: a row is one document, as long as it is. */
  tokens: z.number().int().min(16).optional(),
  /** Batches that are drawn together and share out their documents by length, so that little of a batch is padding. */
  bucket: count.default(8),
  /** Steps in which it takes part, counted from 0: from the first one on, and before the second one. */
  from: z.number().int().nonnegative().default(0),
  until: count.optional(),
  /** Folder where features of its pictures are kept. They belong to one vision encoder. Default: beside the run's checkpoint. */
  features: z.string().optional(),
});
export type SourceConfig = z.output<typeof sourceConfig>;
