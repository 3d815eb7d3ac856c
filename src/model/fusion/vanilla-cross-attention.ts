import { add, type Tensor } from "../../graph/graph.ts";
import type { AttentionWatch } from "../../nn/attention.ts";
import type { Scope } from "../../nn/scope.ts";
import { type FusionGates, Gate, type GateConfig } from "./gate.ts";
import { MediaAttention, type MediaAttentionConfig } from "./media-attention.ts";
import type { MediaKeysValues, MediaView } from "./media-view.ts";

export type VanillaCrossAttentionConfig = MediaAttentionConfig & GateConfig;

/**
 * VANILLA XATTN (ablation iv): the cross-attention of the original encoder-decoder Transformer, between the self-attention and the
 * feed-forward layer of a language model block. No new feed-forward layer; the tanh gate stays.
 */
export class VanillaCrossAttention {
  private readonly attention: MediaAttention;
  private readonly gate: Gate;

  constructor(scope: Scope, config: VanillaCrossAttentionConfig) {
    this.attention = new MediaAttention(scope.child("attention"), config);
    this.gate = new Gate(scope.child("attentionGate"), config.width, config);
  }

  mediaKeysValues(latents: Tensor): MediaKeysValues {
    return this.attention.mediaKeysValues(latents);
  }

  /** How far its gate is open. */
  get gates(): FusionGates {
    return { attention: this.gate.opening };
  }

  /** @param text - [batch, tokens, width] @param watch - as {@link MediaAttention.forward} shows it */
  forward(text: Tensor, media: MediaKeysValues, view: MediaView, watch?: AttentionWatch): Tensor {
    return add(text, this.gate.forward(this.attention.forward(text, media, view, watch)));
  }
}
