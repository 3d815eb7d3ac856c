import type { Tensor } from "../../graph/graph.ts";
import type { AttentionWatch } from "../../nn/attention.ts";
import type { VisionEncoder } from "../vision/vision-encoder.ts";

/** Any number of visual features in, a fixed number of latents out (paper, section 3.1; the alternatives are ablation vi). */
export interface Resampler {
  readonly width: number;
  readonly latents: number;
  /**
   * @param features - [media, frames, spatial, visionWidth]
   * @param watch - is shown what each layer in turn attends to, [media, heads, queries, frames*positions+latents]. The queries are the latents, or everything. An MLP shows nothing
   * @returns [media, latents, width]
   */
  forward(features: Tensor, watch?: AttentionWatch): Tensor;
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
