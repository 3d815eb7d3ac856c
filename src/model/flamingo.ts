import type { Tensor } from "../graph/graph.ts";
import { Scope, type Weight, type WeightFormats } from "../nn/scope.ts";
import type { FlamingoConfig } from "./config.ts";
import { FlamingoGraphs } from "./flamingo-graphs.ts";
import { Fusion } from "./fusion/fusion.ts";
import { LanguageModel } from "./language/language-model.ts";
import { countParameters } from "./parameters.ts";
import { createResampler } from "./resampler/create-resampler.ts";
import { type Resampler, visionFeatures } from "./resampler/resampler.ts";
import { createVisionEncoder, type VisionEncoder } from "./vision/vision.ts";

/** The four parts, which are also the first names of their parameters' paths. */
export const flamingoParts = ["vision", "resampler", "fusion", "language"] as const;
export type FlamingoPart = (typeof flamingoParts)[number];

/**
 * A visual language model: a vision encoder and a causal language model, joined by a resampler and by fusion layers in the language model
 * (Alayrac et al., 2022). Making one allocates nothing: it declares parameters and describes graphs, whatever its size.
 */
export class Flamingo {
  readonly config: FlamingoConfig;
  readonly vision: VisionEncoder;
  readonly resampler: Resampler;
  readonly language: LanguageModel;
  readonly fusion: Fusion;
  /** What the other rooms run. */
  readonly graphs: FlamingoGraphs;
  private readonly scope: Scope;

  /**
   * @param config - checked and complete, as `parseFlamingoConfig` gives it
   * @param formats - how matrices are stored: `formatsOf` tells it of given weights. Default: as float32, all of them
   */
  constructor(config: FlamingoConfig, formats?: WeightFormats) {
    this.config = config;
    this.scope = new Scope(formats);
    this.vision = createVisionEncoder(this.scope.child("vision"), config.vision);
    this.resampler = createResampler(this.scope.child("resampler"), config.resampler, visionFeatures(this.vision));
    this.language = new LanguageModel(this.scope.child("language"), config.language);
    this.fusion = new Fusion(this.scope.child("fusion"), config.fusion, config.language, this.resampler.width);
    this.graphs = new FlamingoGraphs(this);
  }

  /** Every weight by its path. */
  weights(): ReadonlyMap<string, Weight> {
    return this.scope.weights();
  }

  /** What the weights are stored as, by path: the weights themselves, or what their blocks are made of. */
  parameters(): ReadonlyMap<string, Tensor> {
    return this.scope.parameters();
  }

  /** Whether the weight at `path` is learnt when the joined model is trained. */
  trainable(path: string): boolean {
    const { freeze } = this.config;
    if (path.startsWith("language.extra")) return !freeze.extraTokens;
    return !freeze[partOf(path)];
  }

  /** Numbers of parameters, which need no weights to be there. */
  count(): ParameterCount {
    const parts = { vision: 0, resampler: 0, fusion: 0, language: 0 };
    let trainable = 0;
    for (const [path, weight] of this.weights()) {
      const size = countParameters([weight]);
      parts[partOf(path)] += size;
      if (this.trainable(path)) trainable += size;
    }
    return { total: parts.vision + parts.resampler + parts.fusion + parts.language, trainable, parts };
  }
}

export interface ParameterCount {
  readonly total: number;
  readonly trainable: number;
  readonly parts: Readonly<Record<FlamingoPart, number>>;
}

/** The part that a weight belongs to. */
export function partOf(path: string): FlamingoPart {
  const part = flamingoParts.find((name) => path.startsWith(`${name}.`));
  if (part === undefined) throw new Error(`the path "${path}" belongs to no part: it must start with ${flamingoParts.join(", ")} and a dot`);
  return part;
}
