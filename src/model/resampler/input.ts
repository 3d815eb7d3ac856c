import * as z from "zod";
import { add, concat, type Dim, expand, multiply, reshape, slice, subtract, type Tensor } from "../../graph/graph.ts";
import { ones, zeros } from "../../nn/initialisers.ts";
import { Linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { evidenceRows } from "../vision/class-evidence.ts";
import type { VisionFeatures } from "./resampler.ts";
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
  private readonly evidence: Linear | undefined;
  private readonly vision: VisionFeatures;
  /** Rows of the grid. */
  private readonly grid: number;
  /** Rows that come out: those of the grid, and one for what the encoder's classifier says. */
  readonly positions: number;

  constructor(scope: Scope, { width, frames, bias, channelNorm, inputProjection }: ResamplerInputConfig, vision: VisionFeatures) {
    const { visionWidth, spatial, classes } = vision;
    this.vision = vision;
    this.grid = spatial - evidenceRows(classes, visionWidth);
    this.positions = this.grid + (classes > 0 ? 1 : 0);
    if (channelNorm) {
      const channels = scope.child("channels");
      this.channels = { mean: channels.parameter("mean", [visionWidth], zeros), scale: channels.parameter("scale", [visionWidth], ones) };
    }
    if (inputProjection ?? visionWidth !== width) {
      this.projection = new Linear(scope.child("projection"), { inputs: visionWidth, outputs: width, bias });
    }
    // An embedding for each class; a row of probabilities has the mean of its classes' embeddings.
    if (classes > 0) this.evidence = new Linear(scope.child("evidence"), { inputs: classes, outputs: width });
    if (frames > 0) this.time = new TimeEmbedding(scope.child("time"), { frames, width });
  }

  /**
   * @param features - [media, frames, spatial, visionWidth]
   * @returns [media, frames, positions, width]
   */
  forward(features: Tensor): Tensor {
    const grid = this.evidence === undefined ? features : slice(features, 2, 0, this.grid);
    const centred = this.channels === undefined ? grid : multiply(subtract(grid, this.channels.mean), this.channels.scale);
    const seen = this.projection?.forward(centred) ?? centred;
    const projected = this.evidence === undefined ? seen : concat([seen, this.evidence.forward(this.probabilities(features))], 2);
    return this.time === undefined ? projected : add(projected, this.time.forward(features.shape[1]!));
  }

  /** What the classifier says, out of the rows that it fills. @returns [media, frames, 1, classes] */
  private probabilities(features: Tensor): Tensor {
    const { spatial, visionWidth, classes } = this.vision;
    const [media, frames] = features.shape as [Dim, Dim];
    const rows = slice(features, 2, this.grid, spatial); // [media, frames, rows, visionWidth]
    return slice(reshape(rows, [media, frames, 1, (spatial - this.grid) * visionWidth]), 3, 0, classes);
  }
}

/** The learnt latents, once per medium. @returns [media, latents, width] */
export function repeatLatents(latents: Tensor, media: number | string): Tensor {
  return expand(reshape(latents, [1, ...latents.shape]), [media, ...latents.shape]);
}
