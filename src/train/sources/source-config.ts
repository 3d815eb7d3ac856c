import { z } from "zod";

const common = {
  /** What errors and progress call it. */
  name: z.string(),
  /** λ of the paper's objective: its gradients are multiplied with this. */
  weight: z.number().positive().default(1),
  /** Rows (documents) per batch. */
  rows: z.number().int().positive(),
};

/** Text of nano's language model: prose, definitions, statements, and episodes in words. */
export const nanoTextConfig = z.strictObject({
  kind: z.literal("nano-text"),
  ...common,
  /** Tokens per row. */
  tokens: z.number().int().min(16),
  mix: z.strictObject({
    /** How often each kind of document is drawn, relative to the others. */
    kinds: z.strictObject({ episode: z.number(), wordPairs: z.number(), definition: z.number(), statement: z.number(), prose: z.number() }),
    /** Largest numbers of chunks in an episode, one of which is drawn for each. */
    chunks: z.array(z.number().int().min(2)).min(1),
    /** Largest number of pairs in a list. */
    pairs: z.number().int().min(2),
  }),
});

/** Interleaved documents of nano: few-shot episodes with pictures. */
export const nanoEpisodesConfig = z.strictObject({
  kind: z.literal("nano-episodes"),
  ...common,
  /** Built by `flamingo data nano`. */
  folder: z.string().default("data/nano"),
  /** Largest number of pictures in a document. */
  maxMedia: z.number().int().min(2),
  mix: z.strictObject({
    binding: z.number().default(0),
    classBinding: z.number().default(0),
    caption: z.number().default(0),
    kindQuestion: z.number().default(0),
    nameQuestion: z.number().default(0),
    colourQuestion: z.number().default(0),
  }),
});

export const sourceConfig = z.discriminatedUnion("kind", [nanoTextConfig, nanoEpisodesConfig]);
export type SourceConfig = z.output<typeof sourceConfig>;
