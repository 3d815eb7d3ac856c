import {
  add,
  cachedAttention,
  cast,
  fitsCachedAttention,
  mergeAxes,
  multiply,
  type RotaryAngles,
  reshape,
  rotate,
  rotateBy,
  splitAxis,
  type Tensor,
} from "../../graph/graph.ts";
import { attention, joinHeads, splitBias, splitHeads } from "../../nn/attention.ts";
import { forwardAll, forwardJoined, Linear } from "../../nn/linear.ts";
import { createNorm, type Norm } from "../../nn/norm.ts";
import { RelativePositions, type Sinusoids } from "../../nn/relative-positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { outputInitialiser } from "./block-initialiser.ts";
import type { LanguageConfig } from "./config.ts";
import type { StepContext } from "./step.ts";

/** What one block keeps of the tokens it has seen. */
export interface KeyValue {
  /** [batch, keyHeads, tokens, headDim], turned by their positions where these are rotary */
  readonly key: Tensor;
  /** [batch, keyHeads, tokens, headDim] */
  readonly value: Tensor;
}

/** What all blocks share in one pass. */
export interface AttentionContext {
  /** Who sees whom, with ALiBi where it is used; broadcasts to [batch, heads, tokens, keyTokens], the keys being all parts of the cache and the new ones. */
  readonly bias: Tensor;
  readonly rotary?: RotaryAngles | undefined;
  readonly sinusoids?: Sinusoids;
}

/** By their positions. */
type Turn = ((channels: Tensor, heads: number) => Tensor) | undefined;

/** Causal self-attention with a cache. The norm before it and the residual are the block's. */
export class SelfAttention {
  private readonly config: LanguageConfig;
  private readonly query: Linear;
  private readonly key: Linear;
  private readonly value: Linear;
  private readonly output: Linear;
  private readonly queryNorm: Norm | undefined;
  private readonly keyNorm: Norm | undefined;
  private readonly relative: RelativePositions | undefined;

  constructor(scope: Scope, config: LanguageConfig) {
    const { width, heads, keyHeads, headDim, queryKeyNorm, queryKeyScale: initialScale, norm: kind, normEpsilon: epsilon } = config;
    const bias = config.bias.attention !== false;
    this.config = config;
    this.query = new Linear(scope.child("query"), { inputs: width, outputs: heads * headDim, bias });
    this.key = new Linear(scope.child("key"), { inputs: width, outputs: keyHeads * headDim, bias });
    this.value = new Linear(scope.child("value"), { inputs: width, outputs: keyHeads * headDim, bias });
    this.output = new Linear(scope.child("output"), {
      inputs: heads * headDim,
      outputs: width,
      bias: config.bias.attention === true,
      initialiser: outputInitialiser(heads * headDim, config),
    });
    if (queryKeyNorm !== "none") {
      const norm = (name: string, count: number): Norm =>
        createNorm(scope.child(name), { kind, width: queryKeyNorm === "head" ? headDim : count * headDim, epsilon, initialScale, bias: config.bias.norm });
      this.queryNorm = norm("queryNorm", heads);
      this.keyNorm = norm("keyNorm", keyHeads);
    }
    if (config.positions.kind === "relative") this.relative = new RelativePositions(scope.child("relative"), { width, heads, headDim });
  }

  /**
   * @param x - [batch, tokens, width]
   * @param cached - what came before these tokens, in parts that follow one another
   * @returns the attended values [batch, tokens, width] and what a cache should keep of these tokens
   */
  forward(x: Tensor, context: AttentionContext | StepContext, cached: readonly KeyValue[] = []): { attended: Tensor } & KeyValue {
    if ("lengths" in context) return this.step(x, context, cached);
    const { bias, rotary, sinusoids } = context;
    const { heads, keyHeads, positions, scoreCap: cap } = this.config;
    const { scale } = this;
    const turn: Turn = (channels, count) =>
      rotary !== undefined && positions.kind === "rotary" ? rotate(channels, count, rotary, positions.layout) : channels;
    const [queries, ofKey, ofValue] = this.queryKeyValue(x, turn);
    const key = splitHeads(ofKey, keyHeads); // [batch, keyHeads, tokens, headDim]
    const value = splitHeads(ofValue, keyHeads);
    const keys = [...cached.map((part) => part.key), key];
    const values = [...cached.map((part) => part.value), value];
    const attend = (content: Tensor, added: Tensor): Tensor =>
      this.output.forward(joinHeads(attention(splitHeads(content, heads, keyHeads), keys, values, { bias: splitBias(added, keyHeads), scale, cap })));
    if (this.relative === undefined || sinusoids === undefined) return { attended: attend(queries, bias), key, value };
    const distance = multiply(this.relative.positionScores(queries, sinusoids), scale); // [batch, heads, tokens, keyTokens]
    return { attended: attend(this.relative.contentQueries(queries), add(distance, bias)), key, value };
  }

  /** One token of each row, written into the one cache that there is. @param x - [batch, 1, width] */
  private step(x: Tensor, { lengths, window, table, bias }: StepContext, [cache]: readonly KeyValue[]): { attended: Tensor } & KeyValue {
    const { heads, headDim, scoreCap: cap, positions } = this.config;
    const layout = positions.kind === "rotary" ? positions.layout : "half";
    const inNode = table === undefined || fitsCachedAttention(headDim, table.cosine.shape[1] as number);
    const turn: Turn = inNode ? undefined : (channels, count) => rotateBy(channels, count, reshape(lengths, [lengths.shape[0]!, 1]), table, layout);
    // Where nothing comes between, the node reads all three as the product has them.
    const joined = this.queryNorm === undefined && inNode ? forwardJoined(x, [this.query, this.key, this.value]) : undefined;
    const [attended, key, value] = cachedAttention(
      joined ?? this.queryKeyValue(x, turn),
      { ...cache!, lengths: cast(lengths, "int32") },
      { heads, scale: this.scale, cap, window, layout },
      { table: inNode ? table : undefined, bias },
    );
    return { attended: this.output.forward(attended), key, value };
  }

  private get scale(): number {
    return this.config.attentionScale ?? 1 / Math.sqrt(this.config.headDim);
  }

  /** Normed and turned where the model does that, [batch, tokens, heads*headDim] and [batch, tokens, keyHeads*headDim]. */
  private queryKeyValue(x: Tensor, turn: Turn = (channels) => channels): [query: Tensor, key: Tensor, value: Tensor] {
    const { heads, keyHeads } = this.config;
    const [query, key, value] = forwardAll(x, [this.query, this.key, this.value]) as [Tensor, Tensor, Tensor];
    return [turn(this.normed(query, heads, this.queryNorm), heads), turn(this.normed(key, keyHeads, this.keyNorm), keyHeads), value];
  }

  /** @param x - [batch, tokens, heads*headDim] */
  private normed(x: Tensor, heads: number, norm: Norm | undefined): Tensor {
    if (norm === undefined) return x;
    return this.config.queryKeyNorm === "head" ? mergeAxes(norm.forward(splitAxis(x, 2, [heads, undefined])), 2, 3) : norm.forward(x);
  }
}
