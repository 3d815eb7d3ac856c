import * as z from "zod";
import { mean, type Tensor } from "../../graph/graph.ts";
import type { Resampler, VisionFeatures } from "./resampler.ts";

/** IDEFICS may be without one (`use_resampler`): then text looks at every position of a picture. */
export const noResamplerConfig = z.strictObject({ kind: z.literal("none") });

/** Features as they are; a video's are the mean of its frames'. */
export class NoResampler implements Resampler {
  readonly width: number;
  readonly latents: number;

  constructor({ visionWidth, spatial }: VisionFeatures) {
    this.width = visionWidth;
    this.latents = spatial;
  }

  forward(features: Tensor): Tensor {
    return mean(features, [1]); // [media, spatial, visionWidth]
  }
}
