import { z } from "zod";
import { activationName } from "../../nn/activation.ts";
import { normKind } from "../../nn/norm.ts";

const positive = z.number().int().positive();

const positionsConfig = z.discriminatedUnion("kind", [
  /** A learnt vector per position, added to the embeddings. `offset`: rows of the table before the first position (OPT: 2). */
  z.strictObject({ kind: z.literal("learnt"), offset: z.number().int().nonnegative().default(0) }),
  /** Rotary. `share`: the part of each head that turns (partial rotary: 0.25 in GPT-NeoX and Pythia). */
  z.strictObject({
    kind: z.literal("rotary"),
    base: z.number().positive().default(10_000),
    share: z.number().positive().max(1).default(1),
    layout: z.enum(["half", "interleaved"]).default("half"),
  }),
  z.strictObject({ kind: z.literal("alibi"), maxBias: z.number().positive().default(8) }),
  /** Transformer-XL's, as in Gopher and Chinchilla. */
  z.strictObject({ kind: z.literal("relative") }),
  z.strictObject({ kind: z.literal("none") }),
]);

/** A causal decoder. The options are those in which the published families differ; `sizes.ts` names the families. */
export const languageConfig = z
  .strictObject({
    /** Rows of the embedding. */
    vocabulary: positive,
    /** New vocabulary entries after those, in a small matrix of their own that can be trained while all else is frozen (the paper's `<EOC>`). */
    extraTokens: z.number().int().nonnegative().default(0),
    width: positive,
    blocks: positive,
    heads: positive,
    /** Heads of keys and values, which groups of query heads share. Default: `heads`. */
    keyHeads: positive.optional(),
    /** Default: `width / heads`. */
    headDim: positive.optional(),
    /** Width inside the feed-forward layers. Default: 4 times `width`. */
    hidden: positive.optional(),
    /** The longest document; with learnt positions also the number of positions. */
    maxTokens: positive.default(2048),
    positions: positionsConfig.default({ kind: "rotary", base: 10_000, share: 1, layout: "half" }),
    norm: normKind.default("layer"),
    normEpsilon: z.number().positive().default(1e-5),
    /** Norm of queries and keys: each head by itself, or over all heads together (MPT). */
    queryKeyNorm: z.enum(["none", "head", "all"]).default("none"),
    /** What the factors of that norm begin at. The largest score of a key is this, squared, times √headDim. */
    queryKeyScale: z.number().positive().default(1),
    activation: activationName.default("gelu"),
    /** `parallel`: attention and feed-forward layer both read the block's input (GPT-NeoX). */
    residual: z.enum(["sequential", "parallel"]).default("sequential"),
    bias: z
      .strictObject({ attention: z.boolean().default(true), feedForward: z.boolean().default(true), norm: z.boolean().default(true) })
      .default({ attention: true, feedForward: true, norm: true }),
    /** Whether the embedding is also the output head. */
    tiedEmbeddings: z.boolean().default(true),
  })
  .superRefine(({ width, heads, keyHeads = heads, headDim = width / heads, positions }, context) => {
    const problem = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    if (heads % keyHeads !== 0) problem("keyHeads", `${heads} query heads cannot share ${keyHeads} key heads evenly`);
    if (!Number.isInteger(headDim)) problem("heads", `a width of ${width} cannot be split into ${heads} heads evenly; change one or set headDim`);
    else if (positions.kind === "rotary" && (headDim * positions.share) % 2 !== 0) {
      problem("positions", `${positions.share} of ${headDim} channels is ${headDim * positions.share}, and rotary positions need an even number`);
    }
    if (positions.kind === "relative" && width % 2 !== 0) problem("positions", `relative positions need an even width, not ${width}`);
  })
  .transform((config) => {
    const { width, heads, keyHeads = heads, headDim = width / heads, hidden = 4 * width } = config;
    return { ...config, keyHeads, headDim, hidden };
  });

/** A config as it is written: defaults may be left out. */
export type LanguageConfigInput = z.input<typeof languageConfig>;
export type LanguageConfig = z.output<typeof languageConfig>;
