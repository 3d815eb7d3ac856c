import { z } from "zod";

/** What is made for one step is in memory all at once, and its graph's intermediate results too: larger numbers would only end in a failure without a word. */
const count = (least: number, most = 4096) => z.number().int().min(least).max(most, `at most ${most}: a batch is made and held in memory as a whole`);

/** How often something is drawn, relative to the others. */
const share = z.number().nonnegative();

const someDrawn = (shares: Readonly<Record<string, number>>): boolean => Object.values(shares).some((each) => each > 0);
const noneDrawn = "at least one of them must be above 0";

const common = {
  /** What errors and progress call it. */
  name: z.string(),
  /** λ of the paper's objective: its gradients are multiplied with this. */
  weight: z.number().positive().default(1),
  /** Largest global norm of its gradients, before the weight. Default: none; the optimiser clips the sum. */
  clipNorm: z.number().positive().optional(),
};

/** Where the packages are installed that the data come from. */
const packagesFolder = z.string().default("data/packages");

/** Largest number of questions in an episode with new names. More of them teach more, since the picture that introduces a name is not learnt from. */
const questions = count(2, 64).default(4);

/** How often each kind of episode is drawn, relative to the others. */
const episodeMix = z
  .strictObject({
    binding: share.default(0),
    classBinding: share.default(0),
    caption: share.default(0),
    kindQuestion: share.default(0),
    nameQuestion: share.default(0),
    colourQuestion: share.default(0),
  })
  .refine(someDrawn, noneDrawn);

const textPhase = z.strictObject({
  /** Steps that it lasts; the last phase lasts to the end. */
  steps: z.number().int().positive().optional(),
  /** Rows per batch. */
  rows: count(1),
  /** Tokens per row, no more than the language model reads. */
  tokens: count(16, 65_536),
  /** How often each kind of document is drawn, relative to the others. */
  kinds: z
    .strictObject({ repetition: share, episode: share, wordPairs: share, definition: share, statement: share, prose: share })
    .refine(someDrawn, noneDrawn),
  /** What is asked in episodes: by default mostly binding, which the joined model will need most. */
  episodes: episodeMix.default({ binding: 5, classBinding: 1.5, caption: 1, kindQuestion: 1, nameQuestion: 0.7, colourQuestion: 0.8 }),
  /** Largest numbers of chunks in an episode, one of which is drawn for each. */
  chunks: z.array(count(2, 256)).min(1),
  questions,
  /** Largest number of pairs in a list. */
  pairs: count(2, 256),
});

/** Text of nano's language model: prose, definitions, statements, and episodes in words. */
export const nanoTextConfig = z.strictObject({
  kind: z.literal("nano-text"),
  ...common,
  packages: packagesFolder,
  /** One after the other. */
  phases: z
    .array(textPhase)
    .min(1)
    .refine((phases) => phases.slice(0, -1).every(({ steps }) => steps !== undefined), "every phase but the last needs its number of steps"),
});

const drawings = {
  packages: packagesFolder,
  /** Where drawings and features are kept. */
  folder: z.string().default("data/nano"),
  /** Of the pictures, those of these domains. */
  domains: z.array(z.string()).min(1),
  /** How often a drawing is shown as it is; otherwise it is one of its augmented versions. */
  plain: z.number().min(0).max(1).default(0.5),
};

/** Pairs of drawings of one thing. */
export const nanoPairsConfig = z.strictObject({
  kind: z.literal("nano-pairs"),
  ...common,
  ...drawings,
  /** Things per batch, each with two drawings. */
  pairs: count(2),
});

/** Interleaved documents of nano: few-shot episodes with pictures. */
export const nanoEpisodesConfig = z.strictObject({
  kind: z.literal("nano-episodes"),
  ...common,
  ...drawings,
  /** Documents per batch. */
  rows: count(1),
  /** Largest number of pictures in a document. */
  maxMedia: count(2, 256),
  questions,
  mix: episodeMix,
});

/** A data set of drawings. */
export type DrawingsConfig = z.output<typeof nanoEpisodesConfig> | z.output<typeof nanoPairsConfig>;

export const sourceConfig = z.discriminatedUnion("kind", [nanoTextConfig, nanoPairsConfig, nanoEpisodesConfig]);
