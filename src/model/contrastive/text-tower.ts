import * as z from "zod";
import { add, blockEnd, cast, divide, iota, less, multiply, reshape, subtract, sum, type Tensor } from "../../graph/graph.ts";
import { activationName } from "../../nn/activation.ts";
import { attention, joinHeads, splitHeads } from "../../nn/attention.ts";
import { Embedding } from "../../nn/embedding.ts";
import { FeedForward } from "../../nn/feed-forward.ts";
import { Linear } from "../../nn/linear.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";

const positive = z.number().int().positive();

/** BERT (Devlin et al., 2019): every token sees every other. The defaults are BERT-base's; the paper's ablation uses BERT-mini (4 layers of 256). */
export const textTowerConfig = z.strictObject({
  vocabulary: positive.default(30_522),
  maxTokens: positive.default(512),
  width: positive.default(768),
  layers: positive.default(12),
  heads: positive.default(12),
  /** Width inside the feed-forward layers. Default: 4 times `width`. */
  hidden: positive.optional(),
  activation: activationName.default("gelu"),
  normEpsilon: z.number().positive().default(1e-12),
});
export type TextTowerConfig = z.output<typeof textTowerConfig>;

/** Added to the scores of padding, which nobody is to see. */
const unseen = -1e9;

export class TextTower {
  readonly width: number;
  private readonly embedding: Embedding;
  private readonly positions: Embedding;
  private readonly inputNorm: LayerNorm;
  private readonly layers: readonly TextLayer[];

  constructor(scope: Scope, config: TextTowerConfig) {
    const { vocabulary, maxTokens, width, layers, normEpsilon: epsilon } = config;
    this.width = width;
    this.embedding = new Embedding(scope.child("embedding"), { count: vocabulary, width });
    this.positions = new Embedding(scope.child("positions"), { count: maxTokens, width });
    this.inputNorm = new LayerNorm(scope.child("inputNorm"), { width, epsilon });
    const each = scope.child("layers");
    this.layers = Array.from({ length: layers }, (_, i) => new TextLayer(each.child(i), config));
  }

  /**
   * @param tokens - int64 [texts, tokens], padded on the right
   * @param lengths - int64 [texts]: tokens of each that are not padding
   * @returns the mean over each text's own tokens (the paper's choice, in the place of a class token): [texts, width]
   */
  forward(tokens: Tensor, lengths: Tensor): Tensor {
    const [texts, length] = tokens.shape as [Tensor["shape"][number], Tensor["shape"][number]];
    const places = iota(length);
    const own = cast(less(cast(reshape(places, [1, length]), "float32"), cast(reshape(lengths, [texts, 1]), "float32")), "float32"); // [texts, tokens]
    const bias = multiply(subtract(1, reshape(own, [texts, 1, 1, length])), unseen);
    let x = this.inputNorm.forward(add(this.embedding.forward(tokens), this.positions.forward(places))); // [texts, tokens, width]
    for (const layer of this.layers) x = blockEnd(layer.forward(x, bias));
    const total = sum(multiply(x, reshape(own, [texts, length, 1])), 1);
    return divide(total, cast(reshape(lengths, [texts, 1]), "float32"));
  }
}

/** Each half is normalised after it is added, as in BERT. */
class TextLayer {
  private readonly heads: number;
  private readonly projections: readonly Linear[];
  private readonly output: Linear;
  private readonly attentionNorm: LayerNorm;
  private readonly feedForward: FeedForward;
  private readonly norm: LayerNorm;

  constructor(scope: Scope, { width, heads, hidden = 4 * width, activation, normEpsilon: epsilon }: TextTowerConfig) {
    const inner = scope.child("attention");
    this.heads = heads;
    this.projections = ["query", "key", "value"].map((name) => new Linear(inner.child(name), { inputs: width, outputs: width }));
    this.output = new Linear(inner.child("output"), { inputs: width, outputs: width });
    this.attentionNorm = new LayerNorm(inner.child("norm"), { width, epsilon });
    this.feedForward = new FeedForward(scope.child("feedForward"), { width, hidden, activation });
    this.norm = new LayerNorm(scope.child("norm"), { width, epsilon });
  }

  forward(x: Tensor, bias: Tensor): Tensor {
    const [queries, keys, values] = this.projections.map((map) => splitHeads(map.forward(x), this.heads)) as [Tensor, Tensor, Tensor];
    const attended = this.attentionNorm.forward(add(x, this.output.forward(joinHeads(attention(queries, keys, values, { bias })))));
    return this.norm.forward(add(attended, this.feedForward.forward(attended)));
  }
}
