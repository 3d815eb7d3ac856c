import { type Dim, gather, input, mean, mergeAxes, slice, subtractDims, type Tensor } from "../graph/graph.ts";
import type { FlamingoConfig } from "./config.ts";
import type { Fusion } from "./fusion/fusion.ts";
import { type MediaKeysValues, mediaViewInputs } from "./fusion/media-view.ts";
import type { LanguageModel } from "./language/language-model.ts";
import type { KeyValue } from "./language/self-attention.ts";
import { hasStep } from "./language/step.ts";
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

/**
 * The graphs by which a model answers, by what they are for; {@link TrainingGraphs} are those by which it learns.
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
    const layers = this.model.fusion.mediaKeysValues(this.model.resampler.forward(featuresInput(this.model)));
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
    this.model.resampler.forward(featuresInput(this.model), (weights) => void layers.push(mean(weights, 1)));
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
    const rows = rowsInput();
    const flat = (x: Tensor): Tensor => (logits === "all" ? mergeAxes(x, 0, 1) : gather(mergeAxes(x, 0, 1), rows));
    const looks: [string, Tensor][] = [];
    const watch = (layer: number, weights: Tensor): void => void looks.push([`attention.${layer}`, flat(weights)]);
    const fused = media ? fusion.hooks(this.mediaInputs(), mediaViewInputs(config.fusion.attend), attention ? watch : undefined) : {};
    const result = language.forward({
      tokens: tokensInput(),
      pastLengths: input("pastLengths", "int64", ["batch"]),
      cache: this.cacheInputs("cache", media, "batch", "past"),
      prefix: { length: input("prefixLength", "int64", [1]), cache: this.cacheInputs("prefix", media, 1, "prefix") },
      branches: { branch: input("branches", "int64", ["batch", "tokens"]), place: input("places", "int64", ["batch", "tokens"]) },
      ...fused,
    });
    const gates = attention ? fusion.placed.flatMap((each, j) => Object.entries(each.gates).map(([name, gate]) => [`gate.${j}.${name}`, gate] as const)) : [];
    return {
      logits: logits === "all" ? result.logits : language.logits(flat(result.hidden)),
      ...Object.fromEntries([...looks, ...gates]),
      ...named("new", result.newCache),
    };
  }

  /** Whether this model has the graph of {@link step}. */
  get hasStep(): boolean {
    return hasStep(this.model.config.language);
  }

  /**
   * One token of each row, in as few nodes as there are for it. Inputs: `tokens` [batch, 1], `pastLengths` [batch], `cache.{i}.key|value` [batch, keyHeads, size, headDim], each with room for the token and no more than
   * `maxTokens` places, and media as {@link language} has them. Outputs: `logits` [batch, vocabulary] and `kept.{i}.key|value`, the caches with the token, which on the CPU have to be bound to the memory of the caches that are
   * fed. Rows do not depend on one another.
   */
  step({ media = true }: Pick<LanguageGraphOptions, "media"> = {}): Outputs {
    const { language, fusion, config } = this.model;
    const result = language.forward({
      tokens: input("tokens", "int64", ["batch", 1]),
      pastLengths: input("pastLengths", "int64", ["batch"]),
      cache: this.cacheInputs("cache", media, "batch", "size"),
      inPlace: true,
      ...(media ? fusion.hooks(this.mediaInputs(), mediaViewInputs(config.fusion.attend, 1)) : {}),
    });
    return { logits: language.logits(mergeAxes(result.hidden, 0, 1)), ...named("kept", result.newCache) };
  }

  /** Of every block, grafted ones too. */
  private cacheInputs(name: string, media: boolean, rows: Dim, size: Dim): KeyValue[] {
    const { keyHeads, headDim, blocks } = this.model.config.language;
    return Array.from({ length: blocks + (media ? this.model.fusion.grafted.length : 0) }, (_, i) => {
      const shape = [rows, keyHeads, size, headDim];
      return { key: input(`${name}.${i}.key`, "float32", shape), value: input(`${name}.${i}.value`, "float32", shape) };
    });
  }

  private mediaInputs(): readonly MediaKeysValues[] {
    const { count, heads, headDim } = this.model.fusion;
    const shape = ["media", heads, this.model.resampler.latents, headDim];
    return Array.from({ length: count }, (_, j) => ({ key: input(`media.${j}.key`, "float32", shape), value: input(`media.${j}.value`, "float32", shape) }));
  }
}

function named(name: string, cache: readonly KeyValue[]): Outputs {
  return Object.fromEntries(
    cache.flatMap(({ key, value }, i) => [
      [`${name}.${i}.key`, key],
      [`${name}.${i}.value`, value],
    ]),
  );
}

export function tokensInput(): Tensor {
  return input("tokens", "int64", ["batch", "tokens"]);
}

export function rowsInput(): Tensor {
  return input("rows", "int64", ["rows"]);
}

export function featuresInput({ vision: { spatial, width } }: FlamingoModules): Tensor {
  return input("features", "float32", ["media", "frames", spatial, width]);
}
