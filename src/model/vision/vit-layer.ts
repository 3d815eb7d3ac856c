import { add, multiply, type Tensor } from "../../graph/graph.ts";
import type { ActivationName } from "../../nn/activation.ts";
import { attention, joinHeads, splitHeads } from "../../nn/attention.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { constantly } from "../../nn/initialisers.ts";
import { Linear } from "../../nn/linear.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";

export interface VitLayerConfig {
  readonly width: number;
  readonly heads: number;
  /** Width inside the feed-forward layer. Default: 4 times `width`. */
  readonly hidden?: number | undefined;
  readonly activation: ActivationName;
  readonly normEpsilon: number;
  /** Whether what attention and feed-forward layer add is scaled channel by channel. */
  readonly layerScale: boolean;
}

/** What the factors of a layer begin at where a model is trained from the beginning (DINOv2's). */
const initialScale = 1e-5;

/** A layer of a vision transformer (Dosovitskiy et al., 2021): norm before attention and before the feed-forward layer, biases everywhere. */
export class VitLayer {
  private readonly heads: number;
  private readonly attentionNorm: LayerNorm;
  private readonly query: Linear;
  private readonly key: Linear;
  private readonly value: Linear;
  private readonly output: Linear;
  private readonly feedForwardNorm: LayerNorm;
  private readonly feedForward: FeedForward;
  private readonly scales: { readonly attention: Tensor; readonly feedForward: Tensor } | undefined;

  constructor(scope: Scope, { width, heads, hidden = 4 * width, activation, normEpsilon: epsilon, layerScale }: VitLayerConfig) {
    this.heads = heads;
    const inner = scope.child("attention");
    const [query, key, value, output] = ["query", "key", "value", "output"].map((name) => new Linear(inner.child(name), { inputs: width, outputs: width }));
    this.query = query!;
    this.key = key!;
    this.value = value!;
    this.output = output!;
    this.attentionNorm = new LayerNorm(scope.child("attentionNorm"), { width, epsilon });
    this.feedForwardNorm = new LayerNorm(scope.child("feedForwardNorm"), { width, epsilon });
    this.feedForward = new FeedForward(scope.child("feedForward"), { width, hidden, activation });
    const scale = (name: string): Tensor => scope.parameter(name, [width], constantly(initialScale));
    if (layerScale) this.scales = { attention: scale("attentionScale"), feedForward: scale("feedForwardScale") };
  }

  /** @param x - [images, tokens, width] @returns the same shape */
  forward(x: Tensor): Tensor {
    const normed = this.attentionNorm.forward(x);
    const [queries, keys, values] = [this.query, this.key, this.value].map((map) => splitHeads(map.forward(normed), this.heads)) as [Tensor, Tensor, Tensor];
    const attended = add(x, scaled(this.output.forward(joinHeads(attention(queries, keys, values))), this.scales?.attention));
    return add(attended, scaled(this.feedForward.forward(this.feedForwardNorm.forward(attended)), this.scales?.feedForward));
  }
}

function scaled(x: Tensor, scale: Tensor | undefined): Tensor {
  return scale === undefined ? x : multiply(x, scale);
}
