import { cast, concat, less, maximum, minimum, reshape, subtract, type Tensor, where } from "../../graph/graph.ts";
import { Embedding } from "../../nn/embedding.ts";
import { Linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { LanguageConfig } from "./config.ts";

/**
 * The way into the model and out of it: tokens to vectors, vectors to a score per vocabulary entry. Parameters: `embedding.weight`
 * [vocabulary, width]; `head.weight` in the same shape where the head is not tied; and `extraEmbedding.weight` (`extraHead.weight`) [extraTokens, width]
 * for the entries after those. The two matrices are never joined: that would copy the large one at every run.
 */
export class Vocabulary {
  private readonly size: number;
  private readonly embedding: Embedding;
  private readonly extraEmbedding: Embedding | undefined;
  private readonly heads: readonly { scores(x: Tensor): Tensor }[];

  constructor(scope: Scope, { vocabulary, extraTokens, width, tiedEmbeddings }: LanguageConfig) {
    this.size = vocabulary;
    this.embedding = new Embedding(scope.child("embedding"), { count: vocabulary, width });
    if (extraTokens > 0) this.extraEmbedding = new Embedding(scope.child("extraEmbedding"), { count: extraTokens, width });
    const head = (name: string, outputs: number): { scores(x: Tensor): Tensor } => {
      const linear = new Linear(scope.child(name), { inputs: width, outputs, bias: false });
      return { scores: (x) => linear.forward(x) };
    };
    const tied = [this.embedding, ...(this.extraEmbedding === undefined ? [] : [this.extraEmbedding])];
    this.heads = tiedEmbeddings ? tied : [head("head", vocabulary), ...(extraTokens > 0 ? [head("extraHead", extraTokens)] : [])];
  }

  /** @param tokens - int64 [batch, tokens] @returns [batch, tokens, width] */
  embed(tokens: Tensor): Tensor {
    if (this.extraEmbedding === undefined) return this.embedding.forward(tokens);
    const own = this.embedding.forward(minimum(tokens, this.size - 1));
    const extra = this.extraEmbedding.forward(maximum(subtract(tokens, this.size), 0));
    const isOwn = reshape(less(cast(tokens, "float32"), this.size), [...tokens.shape, 1]);
    return where(isOwn, own, extra);
  }

  /** @param hidden - [..., width] @returns [..., vocabulary+extraTokens] */
  logits(hidden: Tensor): Tensor {
    return concat(
      this.heads.map((head) => head.scores(hidden)),
      hidden.shape.length - 1,
    );
  }
}
