import { z } from "zod";
import { add, expand, multiply, reshape, subtract, type Tensor } from "../../graph/graph.ts";
import { ones, zeros } from "../../nn/initialisers.ts";
import { Linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { TimeEmbedding } from "./time-embedding.ts";

const positive = z.number().int().positive();

/** What every resampler has: its width, its latents, and how features come in. */
export const resamplerInputConfig = {
  /** Width of the latents. Paper: 1536 for all sizes. */
  width: positive.default(1536),
  layers: positive.default(6),
  /** Latents per medium. */
  latents: positive.default(64),
  /**
   * Standard deviation of the latents at the start. At 1 (the published code's) they outweigh at first what they gather from the picture; small ones let it through at
   * once, which short trainings need.
   */
  latentsDeviation: z.number().positive().default(1),
  /** Learnt time embeddings: as many as training videos have frames. 0: none, then frames have no order. */
  frames: z.number().int().nonnegative().default(8),
  /** A linear map of the visual features to `width`. Default: only where the widths differ. */
  inputProjection: z.boolean().optional(),
  /**
   * A shift and a scale for each channel of the features, before everything else. Channels of convolutional encoders differ in spread by an order of magnitude; with the
   * statistics of the training pictures as starting values (`train/whitening.ts`) all of them count from the first step on.
   */
  channelNorm: z.boolean().default(false),
  bias: z.boolean().default(false),
  normEpsilon: z.number().positive().default(1e-5),
} as const;

interface ResamplerInputConfig {
  readonly width: number;
  readonly frames: number;
  readonly bias: boolean;
  readonly channelNorm: boolean;
  readonly inputProjection?: boolean | undefined;
}

/** Brings visual features to the resampler's width and tells frames apart. */
export class ResamplerInput {
  private readonly channels: { readonly mean: Tensor; readonly scale: Tensor } | undefined;
  private readonly projection: Linear | undefined;
  private readonly time: TimeEmbedding | undefined;

  constructor(scope: Scope, { width, frames, bias, channelNorm, inputProjection }: ResamplerInputConfig, visionWidth: number) {
    if (channelNorm) {
      const channels = scope.child("channels");
      this.channels = { mean: channels.parameter("mean", [visionWidth], zeros), scale: channels.parameter("scale", [visionWidth], ones) };
    }
    if (inputProjection ?? visionWidth !== width) {
      this.projection = new Linear(scope.child("projection"), { inputs: visionWidth, outputs: width, bias });
    }
    if (frames > 0) this.time = new TimeEmbedding(scope.child("time"), { frames, width });
  }

  /**
   * @param features - [media, frames, spatial, visionWidth]
   * @returns [media, frames, spatial, width]
   */
  forward(features: Tensor): Tensor {
    const centred = this.channels === undefined ? features : multiply(subtract(features, this.channels.mean), this.channels.scale);
    const projected = this.projection?.forward(centred) ?? centred;
    return this.time === undefined ? projected : add(projected, this.time.forward(features.shape[1]!));
  }
}

/** The learnt latents, once per medium. @returns [media, latents, width] */
export function repeatLatents(latents: Tensor, media: number | string): Tensor {
  return expand(reshape(latents, [1, ...latents.shape]), [media, ...latents.shape]);
}
