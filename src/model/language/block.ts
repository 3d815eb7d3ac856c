import { add, type Tensor } from "../../graph/graph.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { createNorm, type Norm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { outputInitialiser } from "./block-initialiser.ts";
import type { LanguageConfig } from "./config.ts";
import { type AttentionContext, type KeyValue, SelfAttention } from "./self-attention.ts";

/** One block of the decoder: self-attention, then a feed-forward layer, each normalised before and added to the residual stream. */
export class Block {
  private readonly attentionNorm: Norm;
  private readonly attention: SelfAttention;
  private readonly feedForwardNorm: Norm;
  private readonly feedForward: FeedForward;
  private readonly residual: LanguageConfig["residual"];

  constructor(scope: Scope, config: LanguageConfig) {
    const { width, hidden, activation, norm: kind, normEpsilon: epsilon, bias } = config;
    this.residual = config.residual;
    this.attentionNorm = createNorm(scope.child("attentionNorm"), { kind, width, epsilon, bias: bias.norm });
    this.attention = new SelfAttention(scope.child("attention"), config);
    this.feedForwardNorm = createNorm(scope.child("feedForwardNorm"), { kind, width, epsilon, bias: bias.norm });
    this.feedForward = new FeedForward(scope.child("feedForward"), {
      width,
      hidden,
      activation,
      bias: bias.feedForward,
      outputInitialiser: outputInitialiser(hidden, config),
    });
  }

  /**
   * @param hidden - [batch, tokens, width]
   * @param cached - this block's keys and values of what came before, in parts that follow one another
   * @param between - applied to the residual stream between self-attention and feed-forward layer (VANILLA XATTN)
   * @returns the next block's `hidden`, and what a cache should keep of these tokens
   */
  forward(
    hidden: Tensor,
    context: AttentionContext,
    cached: readonly KeyValue[] = [],
    between: (hidden: Tensor) => Tensor = (x) => x,
  ): { hidden: Tensor } & KeyValue {
    const { attended, key, value } = this.attention.forward(this.attentionNorm.forward(hidden), context, cached);
    const middle = between(add(hidden, attended));
    const read = this.residual === "parallel" ? hidden : middle;
    return { hidden: add(middle, this.feedForward.forward(this.feedForwardNorm.forward(read))), key, value };
  }
}
