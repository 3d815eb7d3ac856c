import type { Tensor } from "../../graph/graph.ts";

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

/** What the resampler is told of the vision encoder before it. */
export interface VisionFeatures {
  readonly visionWidth: number;
  readonly spatial: number;
}
