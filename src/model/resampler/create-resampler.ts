import * as z from "zod";
import type { Scope } from "../../nn/scope.ts";
import { MlpResampler, mlpResamplerConfig } from "./mlp.ts";
import { NoResampler, noResamplerConfig } from "./no-resampler.ts";
import { PerceiverResampler, perceiverResamplerConfig } from "./perceiver.ts";
import type { Resampler, VisionFeatures } from "./resampler.ts";
import { TransformerResampler, transformerResamplerConfig } from "./transformer.ts";

export const resamplerConfig = z.discriminatedUnion("kind", [perceiverResamplerConfig, mlpResamplerConfig, transformerResamplerConfig, noResamplerConfig]);
export type ResamplerConfig = z.output<typeof resamplerConfig>;

/** The resampler that the config describes. */
export function createResampler(scope: Scope, config: ResamplerConfig, vision: VisionFeatures): Resampler {
  switch (config.kind) {
    case "perceiver":
      return new PerceiverResampler(scope, config, vision);
    case "mlp":
      return new MlpResampler(scope, config, vision);
    case "transformer":
      return new TransformerResampler(scope, config, vision);
    case "none":
      return new NoResampler(vision);
  }
}
