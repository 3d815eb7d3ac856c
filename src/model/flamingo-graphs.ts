import {
  cast,
  type Dim,
  divide,
  equal,
  type GradientOptions,
  gather,
  input,
  less,
  logSoftmax,
  max,
  maximum,
  mean,
  mergeAxes,
  multiply,
  negate,
  reshape,
  slice,
  subtractDims,
  sum,
  type Tensor,
  takeAlongLast,
} from "../graph/graph.ts";
import type { FlamingoConfig } from "./config.ts";
import type { Fusion } from "./fusion/fusion.ts";
import { type MediaKeysValues, mediaViewInputs } from "./fusion/media-view.ts";
import type { LanguageModel } from "./language/language-model.ts";
import type { KeyValue } from "./language/self-attention.ts";
import { lossAndGradients } from "./loss-and-gradients.ts";
import type { Resampler } from "./resampler/resampler.ts";
import { rollout } from "./resampler/rollout.ts";
import { ConfigError } from "./strict-config.ts";
import type { VisionEncoder } from "./vision/vision.ts";

/** The parts of a model, put together. */
export interface FlamingoModules {
  readonly config: FlamingoConfig;
  readonly vision: VisionEncoder;
  readonly resampler: Resampler;
  readonly language: LanguageModel;
  readonly fusion: Fusion;
  parameters(): ReadonlyMap<string, Tensor>;
  trainable(path: string): boolean;
}

/** Results by name, ready for `toOnnx`. */
export type Outputs = Readonly<Record<string, Tensor>>;

export interface LanguageGraphOptions {
  /** Whether media take part. Without them the graph is the bare language model's, and has none of the media inputs. Default: true. */
  readonly media?: boolean;
  /** Logits at every position, or only at those that the input `rows` names. Default: all. */
  readonly logits?: "all" | "rows";
  /** Whether what the tokens look at comes out too, at the positions that have logits; with media. Default: false. */
  readonly attention?: boolean;
}

export interface TrainingGraphOptions {
  /** Loss at every position, or only at those that the input `rows` names, so that no logits are computed where nothing is learnt. Default: all. */
  readonly labels?: "all" | "rows";
  /** Which weights get a gradient. Default: the model's `trainable`; for the language model alone, all of its weights. */
  readonly train?: (path: string) => boolean;
  /** Whether the backward pass computes blocks again in the place of keeping what is in them ({@link GradientOptions}). Default: false. */
  readonly recompute?: boolean;
}

/**
 * The graphs of a model, by what they are for.
 *
 * Inputs have the same name and meaning wherever they occur. Text is padded on the right. `rows` (int64 [rows]) holds places in the flattened
 * `batch*tokens`. Media of a whole batch are flat, in order of appearance; {@link MediaView} says how text finds them.
 */
export class FlamingoGraphs {
  private readonly model: FlamingoModules;

  constructor(model: FlamingoModules) {
    this.model = model;
  }

  /** `pixels` [images, 3, height, width] → `features` [images, spatial, visionWidth]. */
  vision(): Outputs {
    const [height, width] = this.model.vision.imageSize;
    return { features: this.model.vision.forward(input("pixels", "float32", ["images", 3, height, width])) };
  }

  /**
   * `features` [media, frames, spatial, visionWidth] → for each fusion layer j `media.{j}.key` and `media.{j}.value` [media, heads, latents, headDim].
   * Run once per medium, whatever is asked about it afterwards.
   */
  media(): Outputs {
    const layers = this.model.fusion.mediaKeysValues(this.model.resampler.forward(this.featuresInput()));
    return Object.fromEntries(
      layers.flatMap(({ key, value }, j) => [
        [`media.${j}.key`, key],
        [`media.${j}.value`, value],
      ]),
    );
  }

  /**
   * What each latent looks at: `features` as for {@link media} → for each layer of the resampler `layer.{i}`, averaged over its heads, and `rollout`, all layers together ({@link rollout}), each
   * [media, latents, frames*positions+latents]: the resampler's view of every frame, then the latents themselves.
   * @throws ConfigError when the resampler is an MLP, whose matrix is the same for every picture and has no weights that sum to anything
   */
  resamplerAttention(): Outputs {
    const { latents } = this.model.resampler;
    const layers: Tensor[] = [];
    this.model.resampler.forward(this.featuresInput(), (weights) => void layers.push(mean(weights, 1)));
    if (layers.length === 0)
      throw new ConfigError(
        `this model's ${this.model.config.resampler.kind === "none" ? "vision features go to the text without a resampler" : "resampler is an MLP: it attends to nothing"}, so that its latents cannot be traced to places of a picture; explain models whose resampler is a Perceiver or a Transformer`,
      );
    const ofLatents = (weights: Tensor): Tensor => slice(weights, 1, subtractDims(weights.shape[1]!, latents), weights.shape[1]!);
    return { ...Object.fromEntries(layers.map((weights, i) => [`layer.${i}`, ofLatents(weights)])), rollout: rollout(layers, latents) };
  }

  /**
   * Prefill and decoding alike. Inputs: `tokens` [batch, tokens], with the `branches` and `places` of each, `pastLengths` [batch], `cache.{i}.key|value`
   * [batch, keyHeads, past, headDim] of every block (grafted ones too), what all rows read before that, `prefixLength` [1] and `prefix.{i}.key|value`
   * [1, keyHeads, prefix, headDim], `media.{j}.key|value` and the media view. Outputs: `logits` [batch, tokens, vocabulary], or [rows, vocabulary], and
   * `new.{i}.key|value` [batch, keyHeads, tokens, headDim], the rows that a cache should keep. With `attention` also, of each fusion layer j, `attention.{j}` [positions, heads, seen, latents]
   * (`seen` is 1, the last medium, or all media) and how far its gates are open, `gate.{j}.attention` and `gate.{j}.feedForward`, [1] or [width].
   */
  language({ media = true, logits = "all", attention = false }: LanguageGraphOptions = {}): Outputs {
    const { language, fusion, config } = this.model;
    const { keyHeads, headDim, blocks } = config.language;
    const rows = rowsInput();
    const flat = (x: Tensor): Tensor => (logits === "all" ? mergeAxes(x, 0, 1) : gather(mergeAxes(x, 0, 1), rows));
    const looks: [string, Tensor][] = [];
    const watch = (layer: number, weights: Tensor): void => void looks.push([`attention.${layer}`, flat(weights)]);
    const fused = media ? fusion.hooks(this.mediaInputs(), mediaViewInputs(config.fusion.attend), attention ? watch : undefined) : {};
    const cacheOf = (name: string, rows: Dim, size: Dim): KeyValue[] =>
      Array.from({ length: blocks + (media ? fusion.grafted.length : 0) }, (_, i) => {
        const shape = [rows, keyHeads, size, headDim];
        return { key: input(`${name}.${i}.key`, "float32", shape), value: input(`${name}.${i}.value`, "float32", shape) };
      });
    const result = language.forward({
      tokens: tokensInput(),
      pastLengths: input("pastLengths", "int64", ["batch"]),
      cache: cacheOf("cache", "batch", "past"),
      prefix: { length: input("prefixLength", "int64", [1]), cache: cacheOf("prefix", 1, "prefix") },
      branches: { branch: input("branches", "int64", ["batch", "tokens"]), place: input("places", "int64", ["batch", "tokens"]) },
      ...fused,
    });
    const gates = attention ? fusion.placed.flatMap((each, j) => Object.entries(each.gates).map(([name, gate]) => [`gate.${j}.${name}`, gate] as const)) : [];
    return {
      logits: logits === "all" ? result.logits : language.logits(flat(result.hidden)),
      ...Object.fromEntries([...looks, ...gates]),
      ...Object.fromEntries(
        result.newCache.flatMap(({ key, value }, i) => [
          [`new.${i}.key`, key],
          [`new.${i}.value`, value],
        ]),
      ),
    };
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
    return { surprise: surpriseOf(logits, labels), right: cast(equal(takeAlongLast(logits, labels), max(logits, [1])), "float32") };
  }

  /** Media in the training graph: encoded there, if the vision encoder is trained. */
  private fused(train: (path: string) => boolean): ReturnType<Fusion["hooks"]> {
    const { resampler, fusion, config } = this.model;
    const trainsVision = [...this.model.parameters().keys()].some((path) => path.startsWith("vision.") && train(path));
    const media = fusion.mediaKeysValues(resampler.forward(trainsVision ? this.encodedPixels() : this.featuresInput()));
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

  private featuresInput(): Tensor {
    const { spatial, width } = this.model.vision;
    return input("features", "float32", ["media", "frames", spatial, width]);
  }

  private encodedPixels(): Tensor {
    const { vision } = this.model;
    const pixels = input("pixels", "float32", ["media", "frames", 3, ...vision.imageSize]);
    return reshape(vision.forward(mergeAxes(pixels, 0, 1)), ["media", "frames", vision.spatial, vision.width]);
  }

  private mediaInputs(): readonly MediaKeysValues[] {
    const { count, heads, headDim } = this.model.fusion;
    const shape = ["media", heads, this.model.resampler.latents, headDim];
    return Array.from({ length: count }, (_, j) => ({ key: input(`media.${j}.key`, "float32", shape), value: input(`media.${j}.value`, "float32", shape) }));
  }
}

function tokensInput(): Tensor {
  return input("tokens", "int64", ["batch", "tokens"]);
}

function rowsInput(): Tensor {
  return input("rows", "int64", ["rows"]);
}

/** -log p(label), [positions]. */
function surpriseOf(logits: Tensor, labels: Tensor): Tensor {
  return negate(takeAlongLast(logSoftmax(logits), labels));
}

/**
 * `Σ weight · -log p(label) / number of non-zero weights` (paper, section 2.4, for one data set).
 * @param logits - [positions, vocabulary] @param labels - [positions] @param weights - [positions]
 */
function weightedCrossEntropy(logits: Tensor, labels: Tensor, weights: Tensor): Tensor {
  const surprise = surpriseOf(logits, labels);
  const labelled = sum(cast(less(0, weights), "float32"), 0);
  return divide(sum(multiply(surprise, weights), 0), maximum(labelled, 1));
}
