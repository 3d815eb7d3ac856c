import * as z from "zod";
import { add, blockEnd, concat, mergeAxes, slice, type Tensor } from "../../graph/graph.ts";
import { activationName } from "../../nn/activation.ts";
import { type AttentionWatch, attention, joinHeads, splitHeads } from "../../nn/attention.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { Linear } from "../../nn/linear.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { ResamplerInput, repeatLatents, resamplerInputConfig } from "./input.ts";
import type { Resampler, VisionFeatures } from "./resampler.ts";

export const transformerResamplerConfig = z.strictObject({
  kind: z.literal("transformer"),
  ...resamplerInputConfig,
  heads: z.number().int().positive().default(16),
  headDim: z.number().int().positive().default(128),
  /** Width inside the feed-forward layers. Default: 4 times `width`. */
  hidden: z.number().int().positive().optional(),
  activation: activationName.default("squaredRelu"),
});
export type TransformerResamplerConfig = z.output<typeof transformerResamplerConfig>;

/**
 * Ablation vi, "Transformer". The paper gives only that it has the Perceiver's parameter budget; this layout is ours: the latents are
 * appended to the features and every layer is plain self-attention over all of them; what the latents' positions hold at the end is the result.
 * With the Perceiver's widths it has exactly the Perceiver's matrices.
 */
export class TransformerResampler implements Resampler {
  readonly width: number;
  readonly latents: number;
  private readonly input: ResamplerInput;
  private readonly initial: Tensor;
  private readonly layers: readonly TransformerLayer[];

  constructor(scope: Scope, config: TransformerResamplerConfig, vision: VisionFeatures) {
    this.width = config.width;
    this.latents = config.latents;
    this.input = new ResamplerInput(scope.child("input"), config, vision);
    this.initial = scope.parameter("latents", [config.latents, config.width], { kind: "normal", standardDeviation: 1 });
    const layers = scope.child("layers");
    this.layers = Array.from({ length: config.layers }, (_, i) => new TransformerLayer(layers.child(i), config));
  }

  forward(features: Tensor, watch?: AttentionWatch): Tensor {
    const timed = mergeAxes(this.input.forward(features), 1, 2); // [media, frames*spatial, width]
    let joined = concat([timed, repeatLatents(this.initial, features.shape[0]!)], 1); // [media, frames*spatial+latents, width]
    for (const layer of this.layers) joined = blockEnd(layer.forward(joined, watch));
    return slice(joined, 1, timed.shape[1]!, joined.shape[1]!); // [media, latents, width]
  }
}

class TransformerLayer {
  private readonly heads: number;
  private readonly attentionNorm: LayerNorm;
  private readonly query: Linear;
  private readonly key: Linear;
  private readonly value: Linear;
  private readonly output: Linear;
  private readonly norm: LayerNorm;
  private readonly feedForward: FeedForward;

  constructor(scope: Scope, config: TransformerResamplerConfig) {
    const { width, heads, headDim, hidden = 4 * width, activation, bias, normEpsilon: epsilon } = config;
    const inner = heads * headDim;
    this.heads = heads;
    const self = scope.child("attention");
    this.attentionNorm = new LayerNorm(self.child("norm"), { width, epsilon });
    this.query = new Linear(self.child("query"), { inputs: width, outputs: inner, bias });
    this.key = new Linear(self.child("key"), { inputs: width, outputs: inner, bias });
    this.value = new Linear(self.child("value"), { inputs: width, outputs: inner, bias });
    this.output = new Linear(self.child("output"), { inputs: inner, outputs: width, bias });
    this.norm = new LayerNorm(scope.child("norm"), { width, epsilon });
    this.feedForward = new FeedForward(scope.child("feedForward"), { width, hidden, activation, bias });
  }

  forward(x: Tensor, watch: AttentionWatch | undefined): Tensor {
    const normed = this.attentionNorm.forward(x); // [media, positions, width]
    const [queries, keys, values] = [this.query, this.key, this.value].map((map) => splitHeads(map.forward(normed), this.heads)) as [Tensor, Tensor, Tensor];
    const attended = add(x, this.output.forward(joinHeads(attention(queries, keys, values, { watch }))));
    return add(attended, this.feedForward.forward(this.norm.forward(attended)));
  }
}
