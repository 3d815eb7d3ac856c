import * as z from "zod";
import {
  add,
  cast,
  constant,
  divide,
  exp,
  type GradientOptions,
  input,
  matmul,
  mean,
  multiply,
  subtract,
  sum,
  type Tensor,
  transpose,
} from "../../graph/graph.ts";
import { constantly } from "../../nn/initialisers.ts";
import { Linear } from "../../nn/linear.ts";
import { Scope, type Weight } from "../../nn/scope.ts";
import { lossAndGradients } from "../loss-and-gradients.ts";
import { createVisionEncoder, type VisionEncoder, visionConfig } from "../vision/vision.ts";
import { disagreement, ofLengthOne } from "./agreement.ts";
import { TextTower, textTowerConfig } from "./text-tower.ts";

/** How the paper pre-trains its vision encoder (appendix B.1.3): picture and text towers that agree on pairs. */
export const contrastiveConfig = z.strictObject({
  vision: visionConfig.refine((vision) => !("classes" in vision) || vision.classes === 0, {
    path: ["classes"],
    message: "a vision encoder that is trained on pairs has no classifier: leave it out",
  }),
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

/** Names of its parts, with which paths of weights begin. The encoder's is that of a Flamingo. */
export const pairParts = ["vision", "text", "contrast"] as const;
export type PairPart = (typeof pairParts)[number];

/** Of values between 0 and 1, by channel. */
export type PixelScale = Readonly<Record<"mean" | "deviation", readonly number[]>>;

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * Two towers with one loss. After training the vision encoder alone is kept, and frozen.
 *
 * A batch that does not fit into memory, or that several processes share, is learnt from in three graphs in place of one (GradCache, Gao et al., 2021): `embedding` of one piece after the other,
 * `agreement` of all embeddings, and `backward` of each piece. Nothing is approximated, since the loss depends on the weights of the towers through the embeddings alone.
 */
export class ContrastivePair {
  readonly config: ContrastiveConfig;
  private readonly pixels: PixelScale;
  readonly vision: VisionEncoder;
  private readonly text: TextTower;
  private readonly pictureProjection: Linear;
  private readonly textProjection: Linear;
  private readonly logInverseTemperature: Tensor;
  private readonly scope: Scope = new Scope();

  /** @param pixels - how the bytes of pictures are normalised */
  constructor(config: ContrastiveConfig, pixels: PixelScale) {
    this.config = config;
    this.pixels = pixels;
    this.vision = createVisionEncoder(this.scope.child("vision"), config.vision);
    this.text = new TextTower(this.scope.child("text"), config.text);
    const contrast = this.scope.child("contrast");
    this.pictureProjection = new Linear(contrast.child("pictureProjection"), { inputs: this.vision.width, outputs: config.width, bias: false });
    this.textProjection = new Linear(contrast.child("textProjection"), { inputs: config.text.width, outputs: config.width, bias: false });
    this.logInverseTemperature = contrast.parameter("logInverseTemperature", [1], constantly(Math.log(config.inverseTemperature)));
  }

  /** Every weight by its path. */
  weights(): ReadonlyMap<string, Weight> {
    return this.scope.weights();
  }

  /** What the weights are stored as, by path. */
  parameters(): ReadonlyMap<string, Tensor> {
    return this.scope.parameters();
  }

  /** Mean over positions, projected, of length 1. @param pixels - red, green and blue as uint8 [pictures, height, width, 3] @returns [pictures, width] */
  embedPictures(pixels: Tensor): Tensor {
    const { mean: shift, deviation } = this.pixels;
    const values = multiply(cast(pixels, "float32"), 1 / 255);
    const normalised = divide(subtract(values, constant(shift, [3])), constant(deviation, [3]));
    return ofLengthOne(this.pictureProjection.forward(mean(this.vision.forward(transpose(normalised, [0, 3, 1, 2])), 1)));
  }

  /** @param tokens - int64 [texts, tokens] @param lengths - int64 [texts] @returns [texts, width], each of length 1 */
  embedTexts(tokens: Tensor, lengths: Tensor): Tensor {
    return ofLengthOne(this.textProjection.forward(this.text.forward(tokens, lengths)));
  }

  /**
   * The whole step. Inputs: `pixels` uint8 [pairs, height, width, 3], `tokens` [pairs, tokens], `lengths` [pairs]. Outputs: `loss`, the mean of both directions' cross-entropy, and
   * `gradient.{path}` of every weight.
   */
  training(options?: GradientOptions): Outputs {
    const { pictures, texts } = this.embedding();
    return lossAndGradients(this.loss(pictures, texts), this.parameters(), options);
  }

  /** Inputs as those of `training`. Outputs: `pictures` and `texts`, [pairs, width]. */
  embedding(): { readonly pictures: Tensor; readonly texts: Tensor } {
    const [height, width] = this.vision.imageSize;
    const pixels = input("pixels", "uint8", ["pairs", height, width, 3]);
    return {
      pictures: this.embedPictures(pixels),
      texts: this.embedTexts(input("tokens", "int64", ["pairs", "tokens"]), input("lengths", "int64", ["pairs"])),
    };
  }

  /** Inputs: `pictures` and `texts` [pairs, width], embedded. Outputs: `loss`, `gradient.pictures`, `gradient.texts`, and that of the temperature. */
  agreement(): Outputs {
    const [pictures, texts] = ["pictures", "texts"].map((name) => input(name, "float32", ["pairs", this.config.width])) as [Tensor, Tensor];
    return lossAndGradients(this.loss(pictures, texts), [["pictures", pictures], ["texts", texts], ...this.temperature()]);
  }

  /** Inputs: those of `training`, `pictureGradients` and `textGradients` [pairs, width]. Outputs: `gradient.{path}` of every weight that embeddings depend on. */
  backward(options?: GradientOptions): Outputs {
    const { pictures, texts } = this.embedding();
    const weighed = [
      [pictures, "pictureGradients"],
      [texts, "textGradients"],
    ] as const;
    // The derivative of this is that of the loss: the embeddings' own are constants in it.
    const [ofPictures, ofTexts] = weighed.map(([embedded, name]) => sum(multiply(embedded, input(name, "float32", ["pairs", this.config.width])), [0, 1]));
    const learnt = new Map(this.parameters());
    for (const path of this.temperature().keys()) learnt.delete(path);
    const { loss: _, ...outputs } = lossAndGradients(add(ofPictures!, ofTexts!), learnt, options);
    return outputs;
  }

  private loss(pictures: Tensor, texts: Tensor): Tensor {
    const similarity = multiply(matmul(pictures, texts, { transposeB: true }), exp(this.logInverseTemperature)); // [pairs, pairs]
    return disagreement(similarity, this.config.labelSmoothing);
  }

  /** The one weight that the loss depends on by itself. */
  private temperature(): ReadonlyMap<string, Tensor> {
    return new Map([["contrast.logInverseTemperature", this.logInverseTemperature]]);
  }
}
