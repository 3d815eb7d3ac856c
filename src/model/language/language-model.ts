import { add, blockEnd, type Tensor } from "../../graph/graph.ts";
import { Embedding } from "../../nn/embedding.ts";
import { createNorm, type Norm } from "../../nn/norm.ts";
import { alibiBias, type Cached, type Positions, tokenPositions, windowedBias } from "../../nn/positions.ts";
import { sinusoids } from "../../nn/relative-positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { Block } from "./block.ts";
import { blockAngles, turns, windowOf } from "./block-positions.ts";
import type { LanguageConfig } from "./config.ts";
import type { AttentionContext, KeyValue } from "./self-attention.ts";
import { stepContexts } from "./step.ts";
import { Vocabulary } from "./vocabulary.ts";

export interface LanguageInputs {
  /** int64 [batch, tokens], padded on the right. */
  readonly tokens: Tensor;
  /** How many rows of the cache are valid in each row of the batch: int64 [batch]. With `cache`, or not at all. */
  readonly pastLengths?: Tensor;
  /** One per block, [batch, keyHeads, past, headDim]. Without it the tokens are whole documents from their beginning. */
  readonly cache?: readonly KeyValue[];
  /** Exactly one token of each row is read, without a prefix or branches, and written into the cache itself ({@link hasStep}). Default: false. */
  readonly inPlace?: boolean;
  /** What every row of the batch has read before its own cache: how many rows of it are valid (int64 [1]), and one cache per block, [1, keyHeads, prefix, headDim]. */
  readonly prefix?: { readonly length: Tensor; readonly cache: readonly KeyValue[] };
  /** Where the tokens are several continuations beside each other. */
  readonly branches?: NonNullable<Cached["branches"]>;
  /** Applied to the residual stream before block `index` (GATED XATTN-DENSE). */
  readonly beforeBlock?: (index: number, hidden: Tensor) => Tensor;
  /** Applied to the residual stream in block `index`, between self-attention and feed-forward layer (VANILLA XATTN). */
  readonly insideBlock?: (index: number, hidden: Tensor) => Tensor;
  /** Further blocks between the model's last one and its norm (GRAFTING); hooks and caches go on counting with them. */
  readonly grafted?: readonly Pick<Block, "forward">[];
  /** Receives the named intermediates `embedding`, `block.0`, …, `norm`, each [batch, tokens, width]. */
  readonly tap?: (name: string, value: Tensor) => void;
}

export interface LanguageOutputs {
  /** After the final norm: [batch, tokens, width]. */
  readonly hidden: Tensor;
  /** For the next token: [batch, tokens, vocabulary+extraTokens]. Where few positions matter, gather rows of `hidden` and call `logits`. */
  readonly logits: Tensor;
  /** What a cache should keep of these tokens, one per block: [batch, keyHeads, tokens, headDim]; in place, the cache itself with them. */
  readonly newCache: readonly KeyValue[];
}

/** A causal decoder: embedding, blocks, norm, output head. */
export class LanguageModel {
  readonly config: LanguageConfig;
  readonly blocks: readonly Block[];
  private readonly vocabulary: Vocabulary;
  private readonly learntPositions: Embedding | undefined;
  private readonly norm: Norm | undefined;

  constructor(scope: Scope, config: LanguageConfig) {
    const { width, maxTokens, positions, norm: kind, normEpsilon: epsilon, bias } = config;
    this.config = config;
    this.vocabulary = new Vocabulary(scope, config);
    if (positions.kind === "learnt") this.learntPositions = new Embedding(scope.child("positions"), { count: maxTokens + positions.offset, width });
    const blocks = scope.child("blocks");
    this.blocks = Array.from({ length: config.blocks }, (_, i) => new Block(blocks.child(i), config));
    if (config.finalNorm) this.norm = createNorm(scope.child("norm"), { kind, width, epsilon, bias: bias.norm });
  }

  /** The tokens' own vectors, without their positions. @param tokens - int64 [batch, tokens] @returns [batch, tokens, width] */
  embed(tokens: Tensor): Tensor {
    return this.vocabulary.embed(tokens);
  }

  /** Scores of the next token. @param hidden - after the final norm, [..., width] @returns [..., vocabulary+extraTokens] */
  logits(hidden: Tensor): Tensor {
    return this.vocabulary.logits(hidden);
  }

  forward(inputs: LanguageInputs): LanguageOutputs {
    const {
      tokens,
      pastLengths,
      cache,
      inPlace = false,
      prefix,
      branches,
      beforeBlock = (_, x) => x,
      insideBlock = (_, x) => x,
      grafted = [],
      tap = () => {},
    } = inputs;
    if ((cache === undefined) !== (pastLengths === undefined)) throw new Error("language model: cache and pastLengths belong together, but only one was given");
    const blocks = [...this.blocks, ...grafted];
    const parts = [prefix?.cache, cache].filter((part) => part !== undefined);
    const other = parts.find(({ length }) => length !== blocks.length);
    if (other !== undefined) throw new Error(`language model: ${blocks.length} blocks, but a cache of ${other.length}`);
    const positions = tokenPositions(
      tokens.shape[1]!,
      cache === undefined || pastLengths === undefined
        ? undefined
        : {
            pastLengths,
            past: cache[0]!.key.shape[2]!,
            ...(prefix === undefined ? {} : { prefix: { length: prefix.length, size: prefix.cache[0]!.key.shape[2]! } }),
            ...(branches === undefined ? {} : { branches }),
          },
    );
    const contextOf = inPlace ? stepContexts(this.config, pastLengths!, cache![0]!.key.shape[2]!) : this.attentionContexts(positions);
    let hidden = this.addPositions(this.embed(tokens), positions); // [batch, tokens, width]
    tap("embedding", hidden);
    const newCache = blocks.map((block, index) => {
      const result = block.forward(
        beforeBlock(index, hidden),
        contextOf(index),
        parts.map((part) => part[index]!),
        (x) => insideBlock(index, x),
      );
      hidden = blockEnd(result.hidden);
      tap(`block.${index}`, hidden);
      return { key: result.key, value: result.value };
    });
    if (this.norm !== undefined) hidden = this.norm.forward(hidden);
    tap("norm", hidden);
    return { hidden, logits: this.logits(hidden), newCache };
  }

  private addPositions(embedded: Tensor, { tokens }: Positions): Tensor {
    const { positions } = this.config;
    if (this.learntPositions === undefined || positions.kind !== "learnt") return embedded;
    return add(embedded, this.learntPositions.forward(add(tokens, positions.offset)));
  }

  /** What each block's attention sees of the positions: blocks differ in it where some have a window, or turn nothing. */
  private attentionContexts(positions: Positions): (block: number) => AttentionContext {
    const { window } = this.config;
    const whole = this.attentionContext(positions);
    const ofWindow = window === undefined ? whole : this.attentionContext({ ...positions, causal: windowedBias(positions, window.tokens) }, true);
    return (block) => {
      const { rotary, ...context } = windowOf(this.config, block) === undefined ? whole : ofWindow;
      return rotary !== undefined && turns(this.config, block) ? { ...context, rotary } : context;
    };
  }

  private attentionContext(positions: Positions, inWindow = false): AttentionContext {
    const { positions: config, heads, width } = this.config;
    switch (config.kind) {
      case "rotary":
        return { bias: positions.causal, rotary: blockAngles(this.config, positions.queries, inWindow) };
      case "alibi":
        return { bias: alibiBias(positions, heads, config.maxBias) };
      case "relative":
        return { bias: positions.causal, sinusoids: sinusoids(positions, width) };
      case "learnt":
      case "none":
        return { bias: positions.causal };
    }
  }
}
