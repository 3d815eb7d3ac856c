import * as z from "zod";
import { activationName } from "../../nn/activation.ts";
import { normKind } from "../../nn/norm.ts";
import { rotaryScaling } from "../../nn/rotary-scaling.ts";

const positive = z.number().int().positive();
const blockNumbers = z.array(z.number().int().nonnegative());

const positionsConfig = z.discriminatedUnion("kind", [
  /** A learnt vector per position, added to the embeddings. `offset`: rows of the table before the first position (OPT: 2). */
  z.strictObject({ kind: z.literal("learnt"), offset: z.number().int().nonnegative().default(0) }),
  /** Rotary. `share`: the part of each head that turns (partial rotary: 0.25 in GPT-NeoX and Pythia). */
  z.strictObject({
    kind: z.literal("rotary"),
    base: z.number().positive().default(10_000),
    share: z.number().positive().max(1).default(1),
    layout: z.enum(["half", "interleaved"]).default("half"),
    scaling: rotaryScaling.optional(),
    /** The base of blocks with a window, which do without the scaling (Gemma 3). Default: `base`, with it. */
    windowBase: z.number().positive().optional(),
    /** Blocks in which nothing turns (SmolLM3). */
    unturned: blockNumbers.optional(),
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
    /** Width of the embedding and the head, where they are narrower than the blocks (OPT-350m). Default: `width`. */
    embeddingWidth: positive.optional(),
    /** Factor of the embeddings. Gemma: √width. */
    embeddingScale: z.number().positive().default(1),
    /** Width inside the feed-forward layers. Default: 4 times `width`. */
    hidden: positive.optional(),
    /** The longest document; with learnt positions also the number of positions. */
    maxTokens: positive.default(2048),
    positions: positionsConfig.default({ kind: "rotary", base: 10_000, share: 1, layout: "half" }),
    /** How many tokens attention reaches back, its own included: in all blocks but those of `everywhere`, which see everything. Default: everything. */
    window: z.strictObject({ tokens: positive, everywhere: blockNumbers.default([]) }).optional(),
    norm: normKind.default("layer"),
    normEpsilon: z.number().positive().default(1e-5),
    /** What a block normalises: what its two layers read; what they give (OLMo 2); both (Gemma); or the sums after them (OPT-350m). */
    normPlaces: z.enum(["inputs", "outputs", "both", "sums"]).default("inputs"),
    /** Whether the last block is followed by a norm. */
    finalNorm: z.boolean().default(true),
    /** Factor of attention's scores. Default: 1/√headDim. */
    attentionScale: z.number().positive().optional(),
    /** Largest scores of attention, and of the next token: beyond them a tanh flattens (Gemma 2). Default: none. */
    scoreCap: z.number().positive().optional(),
    logitCap: z.number().positive().optional(),
    /** Norm of queries and keys: each head by itself, or over all heads together (MPT). */
    queryKeyNorm: z.enum(["none", "head", "all"]).default("none"),
    /** What the factors of that norm begin at. The largest score of a key is this, squared, times √headDim. */
    queryKeyScale: z.number().positive().default(1),
    activation: activationName.default("gelu"),
    /** `parallel`: attention and feed-forward layer both read the block's input (GPT-NeoX). */
    residual: z.enum(["sequential", "parallel"]).default("sequential"),
    bias: z
      .strictObject({
        /** `inputs`: of queries, keys and values alone (Qwen 2). */
        attention: z.union([z.boolean(), z.literal("inputs")]).default(true),
        feedForward: z.boolean().default(true),
        norm: z.boolean().default(true),
      })
      .default({ attention: true, feedForward: true, norm: true }),
    /** Whether the embedding is also the output head. */
    tiedEmbeddings: z.boolean().default(true),
  })
  .superRefine(({ width, heads, keyHeads = heads, headDim = width / heads, positions, blocks, window, residual, normPlaces }, context) => {
    const problem = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    if (heads % keyHeads !== 0) problem("keyHeads", `${heads} query heads cannot share ${keyHeads} key heads evenly`);
    if (!Number.isInteger(headDim)) problem("heads", `a width of ${width} cannot be split into ${heads} heads evenly; change one or set headDim`);
    else if (positions.kind === "rotary" && (headDim * positions.share) % 2 !== 0) {
      problem("positions", `${positions.share} of ${headDim} channels is ${headDim * positions.share}, and rotary positions need an even number`);
    }
    if (positions.kind === "rotary" && positions.scaling?.kind === "divisors" && positions.scaling.divisors.length !== (headDim * positions.share) / 2)
      problem("positions", `${(headDim * positions.share) / 2} pairs of channels turn, but there are ${positions.scaling.divisors.length} divisors`);
    if (positions.kind === "rotary" && positions.windowBase !== undefined && window === undefined) problem("positions", "windowBase needs a window");
    const beyond = [...(window?.everywhere ?? []), ...(positions.kind === "rotary" ? (positions.unturned ?? []) : [])].find((block) => block >= blocks);
    if (beyond !== undefined) problem("blocks", `there is no block ${beyond}, counted from 0; there are ${blocks}`);
    if (residual === "parallel" && normPlaces !== "inputs")
      problem("normPlaces", 'layers that both read the block\'s input have their norms before them: "inputs"');
    if (positions.kind === "relative" && width % 2 !== 0) problem("positions", `relative positions need an even width, not ${width}`);
  })
  .transform((config) => {
    const { width, heads, keyHeads = heads, headDim = width / heads, hidden = 4 * width, embeddingWidth = width } = config;
    return { ...config, keyHeads, headDim, hidden, embeddingWidth };
  });

/** A config as it is written: defaults may be left out. */
export type LanguageConfigInput = z.input<typeof languageConfig>;
export type LanguageConfig = z.output<typeof languageConfig>;
