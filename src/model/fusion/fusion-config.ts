import * as z from "zod";
import { activationName } from "../../nn/activation.ts";
import { normKind } from "../../nn/norm.ts";

const positive = z.number().int().positive();

/** What every kind of fusion has. Defaults are the paper's; OpenFlamingo and IDEFICS are other values of the same keys (`model/sizes.ts`). */
const attentionConfig = {
  /** Heads of the cross-attention. Default: the language model's. */
  heads: positive.optional(),
  /** Channels of each head. Default: the language model's. heads · headDim is the inner width (OpenFlamingo: 512 at every size). */
  headDim: positive.optional(),
  /** Whether text sees the last medium before it, or all of the same example (appendix ablation ii). */
  attend: z.enum(["last", "all"]).default("last"),
  gate: z.enum(["tanh", "none"]).default("tanh"),
  gateShape: z.enum(["scalar", "vector"]).default("scalar"),
  gateInitial: z.number().default(0),
  /**
   * Factor of everything that fusion adds to the residual stream. What a fresh layer adds has a size of about 1; where the language model's stream is larger by an order of
   * magnitude, as it becomes in small ones, nothing is heard of it without this.
   */
  gateScale: z.number().positive().default(1),
  bias: z.boolean().default(false),
  norm: normKind.default("layer"),
  normEpsilon: z.number().positive().default(1e-5),
  mediaNorm: z.boolean().default(true),
  queryKeyNorm: z.boolean().default(false),
  /**
   * Where media are mapped to the language model's width: nowhere, once for all layers, or in each layer. The paper's parameter counts
   * need keys and values that read that width, and do not say which.
   */
  mediaProjection: z.enum(["none", "shared", "layer"]).default("shared"),
} as const;

const placementConfig = {
  placement: z.enum(["every", "single"]).default("every"),
  every: positive.default(1),
  offset: z.number().int().nonnegative().default(0),
} as const;

const feedForwardConfig = {
  /** Width inside the feed-forward layers. Default: 4 times the language model's width. */
  hidden: positive.optional(),
  activation: activationName.default("squaredRelu"),
} as const;

export const fusionConfig = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("gated-cross-attention-dense"), ...placementConfig, ...attentionConfig, ...feedForwardConfig }),
  z.strictObject({ kind: z.literal("vanilla-cross-attention"), ...placementConfig, ...attentionConfig }),
  z.strictObject({
    kind: z.literal("grafting"),
    /** Pairs of the new stack: a cross-attention layer with its feed-forward layer, then a block like the language model's. */
    layers: positive.default(12),
    ...attentionConfig,
    ...feedForwardConfig,
  }),
]);
export type FusionConfig = z.output<typeof fusionConfig>;
