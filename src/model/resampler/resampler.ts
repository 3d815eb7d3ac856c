import { z } from "zod";
import type { Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import { MlpResampler, mlpResamplerConfig } from "./mlp.ts";
import { PerceiverResampler, perceiverResamplerConfig } from "./perceiver.ts";
import { TransformerResampler, transformerResamplerConfig } from "./transformer.ts";

/** Any number of visual features in, a fixed number of latents out (paper, section 3.1; the alternatives are ablation vi). */
export interface Resampler {
  readonly width: number;
  readonly latents: number;
  /**
   * @param features - [media, frames, spatial, visionWidth]
   * @returns [media, latents, width]
   */
  forward(features: Tensor): Tensor;
}

export const resamplerConfig = z.discriminatedUnion("kind", [perceiverResamplerConfig, mlpResamplerConfig, transformerResamplerConfig]);
export type ResamplerConfig = z.output<typeof resamplerConfig>;

/** What the resampler is told of the vision encoder before it. */
export interface VisionFeatures {
  readonly visionWidth: number;
  readonly spatial: number;
}

/** The resampler that the config describes. */
export function createResampler(scope: Scope, config: ResamplerConfig, vision: VisionFeatures): Resampler {
  switch (config.kind) {
    case "perceiver":
      return new PerceiverResampler(scope, config, vision);
    case "mlp":
      return new MlpResampler(scope, config, vision);
    case "transformer":
      return new TransformerResampler(scope, config, vision);
  }
}
