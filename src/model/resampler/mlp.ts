import * as z from "zod";
import { add, matmul, mean, type Tensor } from "../../graph/graph.ts";
import { activationName } from "../../nn/activation.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { ResamplerInput, resamplerInputConfig } from "./input.ts";
import type { Resampler, VisionFeatures } from "./resampler.ts";

export const mlpResamplerConfig = z.strictObject({
  kind: z.literal("mlp"),
  ...resamplerInputConfig,
  /** Width inside the feed-forward layers. Default: 20/3 of `width`, which gives the paper's Perceiver's parameters in as many layers. */
  hidden: z.number().int().positive().optional(),
  activation: activationName.default("squaredRelu"),
});
export type MlpResamplerConfig = z.output<typeof mlpResamplerConfig>;

/**
 * Ablation vi, "MLP". The paper gives only that it has the Perceiver's parameter budget; this layout is ours. One learnt matrix mixes the
 * spatial positions into latents, so the number of positions is fixed when the model is made; residual feed-forward layers follow,
 * position by position, where the attention's parameters went into a wider hidden layer. Frames go through apart and are averaged at the end,
 * after the non-linear layers, so that time embeddings still matter.
 */
export class MlpResampler implements Resampler {
  readonly width: number;
  readonly latents: number;
  private readonly input: ResamplerInput;
  private readonly mixing: Tensor;
  private readonly layers: readonly { norm: LayerNorm; feedForward: FeedForward }[];

  constructor(scope: Scope, config: MlpResamplerConfig, vision: VisionFeatures) {
    const { width, latents, activation, bias, hidden = Math.round((20 / 3) * width) } = config;
    this.width = width;
    this.latents = latents;
    this.input = new ResamplerInput(scope.child("input"), config, vision);
    const { positions } = this.input;
    this.mixing = scope.parameter("mixing", [latents, positions], { kind: "normal", standardDeviation: 1 / Math.sqrt(positions) });
    const layers = scope.child("layers");
    this.layers = Array.from({ length: config.layers }, (_, i) => ({
      norm: new LayerNorm(layers.child(i).child("norm"), { width, epsilon: config.normEpsilon }),
      feedForward: new FeedForward(layers.child(i).child("feedForward"), { width, hidden, activation, bias }),
    }));
  }

  forward(features: Tensor): Tensor {
    let mixed = matmul(this.mixing, this.input.forward(features)); // [media, frames, latents, width]
    for (const { norm, feedForward } of this.layers) mixed = add(mixed, feedForward.forward(norm.forward(mixed)));
    return mean(mixed, 1); // [media, latents, width]
  }
}
