import { exp, type GradientOptions, input, matmul, mean, multiply, type Tensor } from "../../graph/graph.ts";
import { constantly } from "../../nn/initialisers.ts";
import { Linear } from "../../nn/linear.ts";
import { Scope, type Weight } from "../../nn/scope.ts";
import type { FlamingoConfig } from "../config.ts";
import { lossAndGradients } from "../loss-and-gradients.ts";
import { createResampler } from "../resampler/create-resampler.ts";
import { type Resampler, visionFeatures } from "../resampler/resampler.ts";
import { createVisionEncoder } from "../vision/vision.ts";
import { disagreement, ofLengthOne } from "./agreement.ts";

/** CLIP's first inverse temperature. */
const inverseTemperature = 1 / 0.07;

/**
 * Prepares the resampler before it meets a language model: two pictures of one thing shall be alike, those of different things not. The paper pre-trains its vision encoder
 * in such a way, with texts as the other side; where the encoder comes ready-made and few pictures are there to learn from, this teaches what they have in common at a
 * fraction of what it costs through a language model. Only the resampler is kept.
 */
export class PicturePair {
  private readonly resampler: Resampler;
  private readonly projection: Linear;
  private readonly logInverseTemperature: Tensor;
  private readonly features: readonly [spatial: number, width: number];
  private readonly scope: Scope = new Scope();

  constructor({ vision, resampler }: FlamingoConfig) {
    const encoder = createVisionEncoder(new Scope(), vision);
    this.features = [encoder.spatial, encoder.width];
    this.resampler = createResampler(this.scope.child("resampler"), resampler, visionFeatures(encoder));
    const contrast = this.scope.child("contrast");
    const { width } = this.resampler;
    this.projection = new Linear(contrast.child("projection"), { inputs: width, outputs: width, bias: false });
    this.logInverseTemperature = contrast.parameter("logInverseTemperature", [1], constantly(Math.log(inverseTemperature)));
  }

  /** Every weight by its path. The resampler's are those of a Flamingo. */
  weights(): ReadonlyMap<string, Weight> {
    return this.scope.weights();
  }

  /** What the weights are stored as, by path. */
  parameters(): ReadonlyMap<string, Tensor> {
    return this.scope.parameters();
  }

  /** Mean of the latents, projected, of length 1. @param features - [pictures, frames, spatial, visionWidth] @returns [pictures, width] */
  embed(features: Tensor): Tensor {
    return ofLengthOne(this.projection.forward(mean(this.resampler.forward(features), 1)));
  }

  /**
   * Inputs: `first` and `second` [pairs, frames, spatial, visionWidth], row by row two pictures of one thing; no thing twice. Outputs: `loss`, the mean of both directions'
   * cross-entropy, and `gradient.{path}` of every weight.
   */
  training(options?: GradientOptions): Readonly<Record<string, Tensor>> {
    const pictures = (name: string): Tensor => this.embed(input(name, "float32", ["pairs", "frames", ...this.features]));
    const similarity = matmul(pictures("first"), pictures("second"), { transposeB: true }); // [pairs, pairs]
    const loss = disagreement(multiply(similarity, exp(this.logInverseTemperature)), 0);
    return lossAndGradients(loss, this.parameters(), options);
  }
}
