import { z } from "zod";
import { exp, input, matmul, mean, multiply, type Tensor } from "../../graph/graph.ts";
import { constantly } from "../../nn/initialisers.ts";
import { Linear } from "../../nn/linear.ts";
import { Scope } from "../../nn/scope.ts";
import { lossAndGradients } from "../loss-and-gradients.ts";
import { createVisionEncoder, type VisionEncoder, visionConfig } from "../vision/vision.ts";
import { disagreement, ofLengthOne } from "./agreement.ts";
import { TextTower, textTowerConfig } from "./text-tower.ts";

/** How the paper pre-trains its vision encoder (appendix B.1.3): picture and text towers that agree on pairs. */
export const contrastiveConfig = z.strictObject({
  vision: visionConfig,
  text: textTowerConfig.prefault({}),
  /** Width of the space that both towers map to. */
  width: z.number().int().positive().default(1376),
  /** Share of each label that is spread over all others. */
  labelSmoothing: z.number().min(0).lt(1).default(0.1),
  /** What the inverse temperature begins at: CLIP's 1/0.07. */
  inverseTemperature: z
    .number()
    .positive()
    .default(1 / 0.07),
});
export type ContrastiveConfigInput = z.input<typeof contrastiveConfig>;
export type ContrastiveConfig = z.output<typeof contrastiveConfig>;

/** Two towers with one loss. After training the vision encoder alone is kept, and frozen. */
export class ContrastivePair {
  readonly config: ContrastiveConfig;
  readonly vision: VisionEncoder;
  readonly text: TextTower;
  private readonly pictureProjection: Linear;
  private readonly textProjection: Linear;
  private readonly logInverseTemperature: Tensor;
  private readonly scope: Scope = new Scope();

  constructor(config: ContrastiveConfig) {
    this.config = config;
    this.vision = createVisionEncoder(this.scope.child("vision"), config.vision);
    this.text = new TextTower(this.scope.child("text"), config.text);
    this.pictureProjection = new Linear(this.scope.child("pictureProjection"), { inputs: this.vision.width, outputs: config.width, bias: false });
    this.textProjection = new Linear(this.scope.child("textProjection"), { inputs: config.text.width, outputs: config.width, bias: false });
    this.logInverseTemperature = this.scope.parameter("logInverseTemperature", [1], constantly(Math.log(config.inverseTemperature)));
  }

  /** Every weight by its path. The encoder's begin with `vision.`, as in a Flamingo. */
  parameters(): ReadonlyMap<string, Tensor> {
    return this.scope.parameters();
  }

  /** Mean over positions, projected, of length 1. @param pixels - [pictures, 3, height, width] @returns [pictures, width] */
  embedPictures(pixels: Tensor): Tensor {
    return ofLengthOne(this.pictureProjection.forward(mean(this.vision.forward(pixels), 1)));
  }

  /** @param tokens - int64 [texts, tokens] @param lengths - int64 [texts] @returns [texts, width], each of length 1 */
  embedTexts(tokens: Tensor, lengths: Tensor): Tensor {
    return ofLengthOne(this.textProjection.forward(this.text.forward(tokens, lengths)));
  }

  /**
   * Inputs: `pixels` [pairs, 3, height, width], `tokens` [pairs, tokens], `lengths` [pairs]. Outputs: `loss`, the mean of both directions' cross-entropy, and
   * `gradient.{path}` of every weight.
   */
  training(): Readonly<Record<string, Tensor>> {
    const [height, width] = this.vision.imageSize;
    const pictures = this.embedPictures(input("pixels", "float32", ["pairs", 3, height, width]));
    const texts = this.embedTexts(input("tokens", "int64", ["pairs", "tokens"]), input("lengths", "int64", ["pairs"]));
    const similarity = multiply(matmul(pictures, texts, { transposeB: true }), exp(this.logInverseTemperature)); // [pairs, pairs]
    const loss = disagreement(similarity, this.config.labelSmoothing);
    return lossAndGradients(loss, this.parameters());
  }
}
