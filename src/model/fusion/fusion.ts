import type { Tensor } from "../../graph/graph.ts";
import { Linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { LanguageConfig } from "../language/config.ts";
import type { FusionConfig } from "./fusion-config.ts";
import type { FusionGates } from "./gate.ts";
import { GatedCrossAttentionDense } from "./gated-cross-attention-dense.ts";
import { GraftedBlock } from "./grafting.ts";
import type { MediaKeysValues, MediaView } from "./media-view.ts";
import { fusedBlocks } from "./placement.ts";
import { VanillaCrossAttention } from "./vanilla-cross-attention.ts";

/** Layers by the block of the language model that they belong to. Grafted blocks go on counting after its last one. */
type LayersByBlock<Layer> = ReadonlyMap<number, { readonly layer: Layer; readonly index: number }>;

/** All layers that bring media into the language model. */
export class Fusion {
  /** New blocks on top of the language model's (GRAFTING), otherwise none. */
  readonly grafted: readonly GraftedBlock[];
  /** Number of layers that look at media; each has keys and values of `heads` × `headDim`. */
  readonly count: number;
  readonly heads: number;
  readonly headDim: number;
  private readonly before: LayersByBlock<GatedCrossAttentionDense>;
  private readonly inside: LayersByBlock<VanillaCrossAttention>;
  private readonly mediaProjection: Linear | undefined;

  /** @param language - the language model's config; the layers take its width and, by default, its heads */
  constructor(scope: Scope, config: FusionConfig, language: LanguageConfig, mediaWidth: number) {
    const { width, blocks } = language;
    const { heads = language.heads, headDim = language.headDim, bias, mediaProjection } = config;
    this.heads = heads;
    this.headDim = headDim;
    if (mediaProjection === "shared") this.mediaProjection = new Linear(scope.child("mediaProjection"), { inputs: mediaWidth, outputs: width, bias });
    const shared = {
      ...config,
      width,
      heads,
      headDim,
      mediaWidth: mediaProjection === "shared" ? width : mediaWidth,
      mediaProjection: mediaProjection === "layer",
    };
    const hidden = "hidden" in config && config.hidden !== undefined ? config.hidden : 4 * width;

    const layers = scope.child("layers");
    const place = <Layer>(at: readonly number[], make: (scope: Scope) => Layer): LayersByBlock<Layer> =>
      new Map(at.map((block, index) => [block, { layer: make(layers.child(index)), index }]));
    const grafts = config.kind === "grafting" ? Array.from({ length: config.layers }, (_, i) => blocks + i) : [];
    switch (config.kind) {
      case "gated-cross-attention-dense":
        this.before = place(fusedBlocks(config, blocks), (layer) => new GatedCrossAttentionDense(layer, { ...shared, hidden, activation: config.activation }));
        this.inside = new Map();
        break;
      case "vanilla-cross-attention":
        this.before = new Map();
        this.inside = place(fusedBlocks(config, blocks), (layer) => new VanillaCrossAttention(layer, shared));
        break;
      case "grafting":
        this.before = place(grafts, (layer) => new GatedCrossAttentionDense(layer, { ...shared, hidden, activation: config.activation }));
        this.inside = new Map();
    }
    this.count = this.before.size + this.inside.size;
    this.grafted = grafts.map((_, i) => new GraftedBlock(layers.child(i), language, config));
  }

  /** What each layer, in order, needs of the media. @param latents - [media, latents, mediaWidth] */
  mediaKeysValues(latents: Tensor): readonly MediaKeysValues[] {
    const media = this.mediaProjection?.forward(latents) ?? latents;
    return [...this.before.values(), ...this.inside.values()].map(({ layer }) => layer.mediaKeysValues(media));
  }

  /** The language model's block that each layer, in order, belongs to, and how far its gates are open. */
  get placed(): readonly { readonly block: number; readonly gates: FusionGates }[] {
    return [...this.before, ...this.inside].map(([block, { layer }]) => ({ block, gates: layer.gates }));
  }

  /**
   * The hooks through which the language model calls the layers.
   * @param media - of each layer, in order
   * @param watch - is shown what the tokens look at in each layer, as {@link MediaAttention.forward} shows it
   */
  hooks(
    media: readonly MediaKeysValues[],
    view: MediaView,
    watch?: (layer: number, weights: Tensor) => void,
  ): { beforeBlock: BlockHook; insideBlock: BlockHook; grafted: readonly GraftedBlock[] } {
    const hook =
      (layers: LayersByBlock<GatedCrossAttentionDense | VanillaCrossAttention>): BlockHook =>
      (block, hidden) => {
        const here = layers.get(block);
        if (here === undefined) return hidden;
        return here.layer.forward(hidden, media[here.index]!, view, watch && ((weights) => watch(here.index, weights)));
      };
    return { beforeBlock: hook(this.before), insideBlock: hook(this.inside), grafted: this.grafted };
  }
}

/** @param hidden - [batch, tokens, width] @returns what the block goes on with */
export type BlockHook = (block: number, hidden: Tensor) => Tensor;
