import * as z from "zod";
import { add, blockEnd, concat, mergeAxes, type Tensor } from "../../graph/graph.ts";
import { activationName } from "../../nn/activation.ts";
import { type AttentionWatch, attention, joinHeads, splitHeads } from "../../nn/attention.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { Linear } from "../../nn/linear.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { ResamplerInput, repeatLatents, resamplerInputConfig } from "./input.ts";
import type { Resampler, VisionFeatures } from "./resampler.ts";

/** Defaults are the paper's, with the 128-wide heads that its 194M parameters imply (v2's text says 96, which gives 175M). */
export const perceiverResamplerConfig = z.strictObject({
  kind: z.literal("perceiver"),
  ...resamplerInputConfig,
  heads: z.number().int().positive().default(16),
  headDim: z.number().int().positive().default(128),
  /** Width inside the feed-forward layers. Default: 4 times `width`. */
  hidden: z.number().int().positive().optional(),
  activation: activationName.default("squaredRelu"),
  /** Layer norm of each head's queries and keys (IDEFICS). */
  queryKeyNorm: z.boolean().default(false),
  /** Layer norm of the result (OpenFlamingo, IDEFICS). */
  finalNorm: z.boolean().default(false),
});
export type PerceiverResamplerConfig = z.output<typeof perceiverResamplerConfig>;

/** Learnt latents that look at the features, and at themselves, layer after layer (paper, section 3.1 and figure 5). */
export class PerceiverResampler implements Resampler {
  readonly width: number;
  readonly latents: number;
  private readonly input: ResamplerInput;
  private readonly initial: Tensor;
  private readonly layers: readonly PerceiverLayer[];
  private readonly norm: LayerNorm | undefined;

  constructor(scope: Scope, config: PerceiverResamplerConfig, vision: VisionFeatures) {
    const { width, latents, normEpsilon } = config;
    this.width = width;
    this.latents = latents;
    this.input = new ResamplerInput(scope.child("input"), config, vision);
    this.initial = scope.parameter("latents", [latents, width], { kind: "normal", standardDeviation: config.latentsDeviation });
    const layers = scope.child("layers");
    this.layers = Array.from({ length: config.layers }, (_, i) => new PerceiverLayer(layers.child(i), config));
    if (config.finalNorm) this.norm = new LayerNorm(scope.child("norm"), { width, epsilon: normEpsilon });
  }

  forward(features: Tensor, watch?: AttentionWatch): Tensor {
    const timed = mergeAxes(this.input.forward(features), 1, 2); // [media, frames*spatial, width]
    let latents = repeatLatents(this.initial, features.shape[0]!); // [media, latents, width]
    for (const layer of this.layers) latents = blockEnd(layer.forward(latents, timed, watch));
    return this.norm?.forward(latents) ?? latents;
  }
}

class PerceiverLayer {
  private readonly attention: PerceiverAttention;
  private readonly norm: LayerNorm;
  private readonly feedForward: FeedForward;

  constructor(scope: Scope, config: PerceiverResamplerConfig) {
    const { width, hidden = 4 * width, activation, bias, normEpsilon } = config;
    this.attention = new PerceiverAttention(scope.child("attention"), config);
    this.norm = new LayerNorm(scope.child("norm"), { width, epsilon: normEpsilon });
    this.feedForward = new FeedForward(scope.child("feedForward"), { width, hidden, activation, bias });
  }

  forward(latents: Tensor, features: Tensor, watch: AttentionWatch | undefined): Tensor {
    const attended = add(latents, this.attention.forward(latents, features, watch));
    return add(attended, this.feedForward.forward(this.norm.forward(attended)));
  }
}

/** Queries from the latents; keys and values from the features and the latents together, which the paper found slightly better. */
class PerceiverAttention {
  private readonly heads: number;
  private readonly latentsNorm: LayerNorm;
  private readonly mediaNorm: LayerNorm;
  private readonly query: Linear;
  private readonly key: Linear;
  private readonly value: Linear;
  private readonly output: Linear;
  private readonly queryNorm: LayerNorm | undefined;
  private readonly keyNorm: LayerNorm | undefined;

  constructor(scope: Scope, { width, heads, headDim, bias, queryKeyNorm, normEpsilon: epsilon }: PerceiverResamplerConfig) {
    const inner = heads * headDim;
    this.heads = heads;
    this.latentsNorm = new LayerNorm(scope.child("latentsNorm"), { width, epsilon });
    this.mediaNorm = new LayerNorm(scope.child("mediaNorm"), { width, epsilon });
    this.query = new Linear(scope.child("query"), { inputs: width, outputs: inner, bias });
    this.key = new Linear(scope.child("key"), { inputs: width, outputs: inner, bias });
    this.value = new Linear(scope.child("value"), { inputs: width, outputs: inner, bias });
    this.output = new Linear(scope.child("output"), { inputs: inner, outputs: width, bias });
    if (queryKeyNorm) {
      this.queryNorm = new LayerNorm(scope.child("queryNorm"), { width: headDim, epsilon });
      this.keyNorm = new LayerNorm(scope.child("keyNorm"), { width: headDim, epsilon });
    }
  }

  forward(latents: Tensor, features: Tensor, watch: AttentionWatch | undefined): Tensor {
    const normed = this.latentsNorm.forward(latents);
    const context = concat([this.mediaNorm.forward(features), normed], 1); // [media, frames*spatial+latents, width]
    const queries = splitHeads(this.query.forward(normed), this.heads); // [media, heads, latents, headDim]
    const keys = splitHeads(this.key.forward(context), this.heads); // [media, heads, frames*spatial+latents, headDim]
    const values = splitHeads(this.value.forward(context), this.heads);
    const attended = attention(this.queryNorm?.forward(queries) ?? queries, this.keyNorm?.forward(keys) ?? keys, values, { watch });
    return this.output.forward(joinHeads(attended)); // [media, latents, width]
  }
}
