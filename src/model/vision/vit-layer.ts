import { add, type Tensor } from "../../graph/graph.ts";
import type { ActivationName } from "../../nn/activation.ts";
import { attention, joinHeads, splitHeads } from "../../nn/attention.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
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
}

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

  constructor(scope: Scope, { width, heads, hidden = 4 * width, activation, normEpsilon: epsilon }: VitLayerConfig) {
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
  }

  /** @param x - [images, tokens, width] @returns the same shape */
  forward(x: Tensor): Tensor {
    const normed = this.attentionNorm.forward(x);
    const [queries, keys, values] = [this.query, this.key, this.value].map((map) => splitHeads(map.forward(normed), this.heads)) as [Tensor, Tensor, Tensor];
    const attended = add(x, this.output.forward(joinHeads(attention(queries, keys, values))));
    return add(attended, this.feedForward.forward(this.feedForwardNorm.forward(attended)));
  }
}
