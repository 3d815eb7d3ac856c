import { add, type Tensor } from "../../graph/graph.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { createNorm, type Norm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { outputInitialiser } from "./block-initialiser.ts";
import type { LanguageConfig } from "./config.ts";
import { type AttentionContext, type KeyValue, SelfAttention } from "./self-attention.ts";
import type { StepContext } from "./step.ts";

/** One block of the decoder: self-attention, then a feed-forward layer, each added to the residual stream; norms stand where the config has them. */
export class Block {
  private readonly attention: SelfAttention;
  private readonly feedForward: FeedForward;
  private readonly residual: LanguageConfig["residual"];
  private readonly attentionNorms: Norms;
  private readonly feedForwardNorms: Norms;

  constructor(scope: Scope, config: LanguageConfig) {
    const { width, hidden, activation, bias } = config;
    this.residual = config.residual;
    this.attentionNorms = new Norms(scope, "attention", config);
    this.attention = new SelfAttention(scope.child("attention"), config);
    this.feedForwardNorms = new Norms(scope, "feedForward", config);
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
    context: AttentionContext | StepContext,
    cached: readonly KeyValue[] = [],
    between: (hidden: Tensor) => Tensor = (x) => x,
  ): { hidden: Tensor } & KeyValue {
    const [attention, feedForward] = [this.attentionNorms, this.feedForwardNorms];
    const { attended, key, value } = this.attention.forward(attention.input(hidden), context, cached);
    const middle = between(attention.sum(add(hidden, attention.output(attended))));
    const read = this.residual === "parallel" ? hidden : middle;
    return { hidden: feedForward.sum(add(middle, feedForward.output(this.feedForward.forward(feedForward.input(read))))), key, value };
  }
}

/** The norms of one of a block's two layers: of what it reads, of what it gives, and of the sum after it. One that the config does not have changes nothing. */
class Norms {
  readonly input: Norm["forward"];
  readonly output: Norm["forward"];
  readonly sum: Norm["forward"];

  constructor(scope: Scope, layer: string, { width, norm: kind, normEpsilon: epsilon, bias, normPlaces }: LanguageConfig) {
    const norm = (name: string, ...places: readonly LanguageConfig["normPlaces"][]): Norm["forward"] => {
      if (!places.includes(normPlaces)) return (x) => x;
      const made = createNorm(scope.child(`${layer}${name}`), { kind, width, epsilon, bias: bias.norm });
      return (x) => made.forward(x);
    };
    this.input = norm("Norm", "inputs", "both");
    this.output = norm("OutputNorm", "outputs", "both");
    this.sum = norm("SumNorm", "sums");
  }
}
