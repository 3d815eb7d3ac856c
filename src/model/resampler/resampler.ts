import type { Tensor } from "../../graph/graph.ts";
import type { VisionEncoder } from "../vision/vision-encoder.ts";

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
  /** Of the encoder's classifier, whose probabilities fill the last rows; 0: there are none. */
  readonly classes: number;
}

export function visionFeatures({ width, spatial, classes }: VisionEncoder): VisionFeatures {
  return { visionWidth: width, spatial, classes };
}
