import {
  cast,
  divide,
  equal,
  type GradientOptions,
  gather,
  input,
  less,
  max,
  maximum,
  mergeAxes,
  multiply,
  reshape,
  sum,
  surprise,
  type Tensor,
  takeAlongLast,
} from "../graph/graph.ts";
import { type FlamingoGraphs, type FlamingoModules, featuresInput, type Outputs, rowsInput, tokensInput } from "./flamingo-graphs.ts";
import type { Fusion } from "./fusion/fusion.ts";
import { mediaViewInputs } from "./fusion/media-view.ts";
import { lossAndGradients } from "./loss-and-gradients.ts";
import { ConfigError } from "./strict-config.ts";

export interface TrainingGraphOptions {
  /** Loss at every position, or only at those that the input `rows` names, so that no logits are computed where nothing is learnt. Default: all. */
  readonly labels?: "all" | "rows";
  /** Which weights get a gradient. Default: the model's `trainable`; for the language model alone, all of its weights. */
  readonly train?: (path: string) => boolean;
  /** Whether the backward pass computes blocks again in the place of keeping what is in them ({@link GradientOptions}). Default: false. */
  readonly recompute?: boolean;
}

/**
 * The graphs by which a model learns, apart from those by which it answers: a page that only asks does not fetch what derives a graph.
 *
 * Inputs have the names and meanings that they have in {@link FlamingoGraphs}.
 */
export class TrainingGraphs {
  private readonly model: FlamingoModules;

  constructor(model: FlamingoModules) {
    this.model = model;
  }

  /**
   * Inputs: `features` [media, frames, spatial, visionWidth] (or, if the vision encoder is trained, `pixels` [media, frames, 3, height, width]), the media view, `tokens` [batch, tokens],
   * and for every position (or row) `labels` int64, the token that should come next, and `labelWeights` float32: 0 where nothing is to be learnt, 1 for a label,
   * or the weight of its data set or example. Outputs: `loss`, the weighted cross-entropy in nats, averaged over the labels (positions of non-zero weight),
   * and `gradient.{path}` of every trained weight.
   */
  training({ train = (path) => this.model.trainable(path), ...options }: TrainingGraphOptions = {}): Outputs {
    return this.trainingOutputs({ ...options, train }, this.fused(train));
  }

  /**
   * How well the labels of `training({ labels: "rows" })` are foreseen. Inputs as there, without `labelWeights`. Outputs, [rows]: `surprise`, in nats, and `right`, 1 where the label is the most probable
   * token, else 0.
   * @param alone - whether the language model is alone, as in {@link languageTraining}
   */
  scoring({ alone = false }: { readonly alone?: boolean } = {}): Outputs {
    const { language } = this.model;
    const fused = alone ? {} : this.fused((path) => this.model.trainable(path));
    const { hidden } = language.forward({ tokens: tokensInput(), ...fused });
    const logits = language.logits(gather(mergeAxes(hidden, 0, 1), rowsInput())); // [rows, vocabulary]
    const labels = input("labels", "int64", ["rows"]);
    return { surprise: surprise(logits, labels), right: cast(equal(takeAlongLast(logits, labels), max(logits, [1])), "float32") };
  }

  /** Media in the training graph: encoded there, if the vision encoder is trained. */
  private fused(train: (path: string) => boolean): ReturnType<Fusion["hooks"]> {
    const { resampler, fusion, config } = this.model;
    const trainsVision = [...this.model.parameters().keys()].some((path) => path.startsWith("vision.") && train(path));
    const media = fusion.mediaKeysValues(resampler.forward(trainsVision ? this.encodedPixels() : featuresInput(this.model)));
    return fusion.hooks(media, mediaViewInputs(config.fusion.attend));
  }

  /** As {@link training}, for the language model alone (stage 1): no media inputs. */
  languageTraining({ train = (path) => path.startsWith("language."), ...options }: TrainingGraphOptions = {}): Outputs {
    return this.trainingOutputs({ ...options, train }, {});
  }

  private trainingOutputs(
    { labels: at = "all", train, recompute = false }: TrainingGraphOptions & { readonly train: (path: string) => boolean },
    fused: Partial<ReturnType<Fusion["hooks"]>>,
  ): Outputs {
    const { language } = this.model;
    const { hidden } = language.forward({ tokens: tokensInput(), ...fused });
    const flat = mergeAxes(hidden, 0, 1); // [batch*tokens, width]
    const place = at === "all" ? ["batch", "tokens"] : ["rows"];
    const labels = input("labels", "int64", place);
    const weights = input("labelWeights", "float32", place);
    const logits = language.logits(at === "all" ? flat : gather(flat, rowsInput())); // [positions, vocabulary]
    const loss = weightedCrossEntropy(logits, reshape(labels, [logits.shape[0]!]), reshape(weights, [logits.shape[0]!]));
    const trained = [...this.model.parameters()].filter(([path]) => train(path));
    const codes = trained.find(([, { dtype }]) => dtype !== "float32");
    if (codes !== undefined)
      throw new ConfigError(`${codes[0]} is stored in few bits, which cannot be trained: freeze its part, or begin with weights of 16 or 32 bits`);
    return lossAndGradients(loss, trained, { recompute });
  }

  private encodedPixels(): Tensor {
    const { vision } = this.model;
    const pixels = input("pixels", "float32", ["media", "frames", 3, ...vision.imageSize]);
    return reshape(vision.forward(mergeAxes(pixels, 0, 1)), ["media", "frames", vision.spatial, vision.width]);
  }
}

/**
 * `Σ weight · -log p(label) / number of non-zero weights` (paper, section 2.4, for one data set).
 * @param logits - [positions, vocabulary] @param labels - [positions] @param weights - [positions]
 */
function weightedCrossEntropy(logits: Tensor, labels: Tensor, weights: Tensor): Tensor {
  const labelled = sum(cast(less(0, weights), "float32"), 0);
  return divide(sum(multiply(surprise(logits, labels), weights), 0), maximum(labelled, 1));
}
