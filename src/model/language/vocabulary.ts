import { cast, concat, less, maximum, minimum, multiply, reshape, subtract, type Tensor, where } from "../../graph/graph.ts";
import { capped } from "../../nn/attention.ts";
import { Embedding } from "../../nn/embedding.ts";
import { Linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { LanguageConfig } from "./config.ts";

/**
 * The way into the model and out of it: tokens to vectors, vectors to a score per vocabulary entry. Parameters: `embedding.weight`
 * [vocabulary, width]; `head.weight` in the same shape where the head is not tied; and `extraEmbedding.weight` (`extraHead.weight`) [extraTokens, width]
 * for the entries after those. The two matrices are never joined: that would copy the large one at every run. Where `embeddingWidth` is another than the blocks' width, these are so
 * wide, and `inward.weight` [width, embeddingWidth] and `outward.weight` [embeddingWidth, width] lead from one to the other.
 */
export class Vocabulary {
  private readonly config: LanguageConfig;
  private readonly embedding: Embedding;
  private readonly extraEmbedding: Embedding | undefined;
  private readonly heads: readonly { scores(x: Tensor): Tensor }[];

  private readonly inward: Linear | undefined;
  private readonly outward: Linear | undefined;

  constructor(scope: Scope, config: LanguageConfig) {
    const { vocabulary, extraTokens, width, embeddingWidth, tiedEmbeddings } = config;
    this.config = config;
    this.embedding = new Embedding(scope.child("embedding"), { count: vocabulary, width: embeddingWidth });
    if (extraTokens > 0) this.extraEmbedding = new Embedding(scope.child("extraEmbedding"), { count: extraTokens, width: embeddingWidth });
    if (embeddingWidth !== width) {
      this.inward = new Linear(scope.child("inward"), { inputs: embeddingWidth, outputs: width, bias: false });
      this.outward = new Linear(scope.child("outward"), { inputs: width, outputs: embeddingWidth, bias: false });
    }
    const head = (name: string, outputs: number): { scores(x: Tensor): Tensor } => {
      const linear = new Linear(scope.child(name), { inputs: embeddingWidth, outputs, bias: false });
      return { scores: (x) => linear.forward(x) };
    };
    const tied = [this.embedding, ...(this.extraEmbedding === undefined ? [] : [this.extraEmbedding])];
    this.heads = tiedEmbeddings ? tied : [head("head", vocabulary), ...(extraTokens > 0 ? [head("extraHead", extraTokens)] : [])];
  }

  /** @param tokens - int64 [batch, tokens] @returns [batch, tokens, width] */
  embed(tokens: Tensor): Tensor {
    const { embeddingScale } = this.config;
    const embedded = this.rows(tokens);
    const scaled = embeddingScale === 1 ? embedded : multiply(embedded, embeddingScale);
    return this.inward?.forward(scaled) ?? scaled;
  }

  /** @returns [batch, tokens, embeddingWidth] */
  private rows(tokens: Tensor): Tensor {
    if (this.extraEmbedding === undefined) return this.embedding.forward(tokens);
    const { vocabulary } = this.config;
    const own = this.embedding.forward(minimum(tokens, vocabulary - 1));
    const extra = this.extraEmbedding.forward(maximum(subtract(tokens, vocabulary), 0));
    const isOwn = reshape(less(cast(tokens, "float32"), vocabulary), [...tokens.shape, 1]);
    return where(isOwn, own, extra);
  }

  /** @param hidden - [..., width] @returns [..., vocabulary+extraTokens] */
  logits(hidden: Tensor): Tensor {
    const outward = this.outward?.forward(hidden) ?? hidden;
    const scores = this.heads.map((head) => head.scores(outward));
    return capped(concat(scores, hidden.shape.length - 1), this.config.logitCap);
  }
}
