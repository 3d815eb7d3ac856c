import { add, type Tensor } from "../../graph/graph.ts";
import type { ActivationName } from "../../nn/activation.ts";
import type { AttentionWatch } from "../../nn/attention.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { createNorm, type Norm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { type FusionGates, Gate, type GateConfig } from "./gate.ts";
import { MediaAttention, type MediaAttentionConfig } from "./media-attention.ts";
import type { MediaKeysValues, MediaView } from "./media-view.ts";

export interface GatedCrossAttentionDenseConfig extends MediaAttentionConfig, GateConfig {
  readonly hidden: number;
  readonly activation: ActivationName;
}

/**
 * GATED XATTN-DENSE (paper, section 3.2 and figure 4): gated cross-attention, then a gated feed-forward layer, both new and trained, before
 * a block of the frozen language model. The feed-forward layer acts on every position, also on those that see no medium.
 */
export class GatedCrossAttentionDense {
  private readonly attention: MediaAttention;
  private readonly attentionGate: Gate;
  private readonly norm: Norm;
  private readonly feedForward: FeedForward;
  private readonly denseGate: Gate;

  constructor(scope: Scope, config: GatedCrossAttentionDenseConfig) {
    const { width, hidden, activation, bias, norm: kind, normEpsilon: epsilon } = config;
    this.attention = new MediaAttention(scope.child("attention"), config);
    this.attentionGate = new Gate(scope.child("attentionGate"), width, config);
    this.norm = createNorm(scope.child("norm"), { kind, width, epsilon });
    this.feedForward = new FeedForward(scope.child("feedForward"), { width, hidden, activation, bias });
    this.denseGate = new Gate(scope.child("denseGate"), width, config);
  }

  mediaKeysValues(latents: Tensor): MediaKeysValues {
    return this.attention.mediaKeysValues(latents);
  }

  /** How far its gates are open. */
  get gates(): FusionGates {
    return { attention: this.attentionGate.opening, feedForward: this.denseGate.opening };
  }

  /** @param text - [batch, tokens, width] @param watch - as {@link MediaAttention.forward} shows it */
  forward(text: Tensor, media: MediaKeysValues, view: MediaView, watch?: AttentionWatch): Tensor {
    const attended = add(text, this.attentionGate.forward(this.attention.forward(text, media, view, watch)));
    return add(attended, this.denseGate.forward(this.feedForward.forward(this.norm.forward(attended))));
  }
}
