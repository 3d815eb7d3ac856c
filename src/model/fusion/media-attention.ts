import {
  and,
  cast,
  concat,
  type Dim,
  expand,
  filled,
  gather,
  gatherOnce,
  iota,
  less,
  lessOrEqual,
  mergeAxes,
  multiply,
  multiplyDims,
  reshape,
  type Tensor,
  transpose,
  where,
} from "../../graph/graph.ts";
import { type AttentionWatch, attention, joinHeads, splitHeads } from "../../nn/attention.ts";
import { Linear } from "../../nn/linear.ts";
import { createNorm, type Norm, type NormKind } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import type { AllPreviousMedia, LastMedium, MediaKeysValues, MediaView } from "./media-view.ts";

export interface MediaAttentionConfig {
  /** Width of the text. */
  readonly width: number;
  readonly mediaWidth: number;
  readonly heads: number;
  readonly headDim: number;
  readonly bias: boolean;
  readonly norm: NormKind;
  readonly normEpsilon: number;
  /** Whether media are normalised before they become keys and values (the paper's first version). */
  readonly mediaNorm: boolean;
  /** Whether each head's queries and keys are normalised (IDEFICS). */
  readonly queryKeyNorm: boolean;
  /** A linear map of the media to the text's width, before keys and values. */
  readonly mediaProjection: boolean;
}

/** Added to the scores of what is not seen: its weight becomes exactly 0, and a row in which nothing is seen stays finite. */
const farBelow = -1e30;

/**
 * Cross-attention from text to the latents of the media that each position sees. Positions that see none get exactly zero.
 * The text is normalised here; the residual and the gate are the caller's.
 */
export class MediaAttention {
  private readonly heads: number;
  private readonly norm: Norm;
  private readonly mediaProjection: Linear | undefined;
  private readonly mediaNorm: Norm | undefined;
  private readonly query: Linear;
  private readonly key: Linear;
  private readonly value: Linear;
  private readonly output: Linear;
  private readonly queryNorm: Norm | undefined;
  private readonly keyNorm: Norm | undefined;

  constructor(scope: Scope, config: MediaAttentionConfig) {
    const { width, heads, headDim, bias, norm: kind, normEpsilon: epsilon } = config;
    const inner = heads * headDim;
    const mediaWidth = config.mediaProjection ? width : config.mediaWidth;
    this.heads = heads;
    this.norm = createNorm(scope.child("norm"), { kind, width, epsilon });
    if (config.mediaProjection) this.mediaProjection = new Linear(scope.child("mediaProjection"), { inputs: config.mediaWidth, outputs: width, bias });
    if (config.mediaNorm) this.mediaNorm = createNorm(scope.child("mediaNorm"), { kind, width: mediaWidth, epsilon });
    this.query = new Linear(scope.child("query"), { inputs: width, outputs: inner, bias });
    this.key = new Linear(scope.child("key"), { inputs: mediaWidth, outputs: inner, bias });
    this.value = new Linear(scope.child("value"), { inputs: mediaWidth, outputs: inner, bias });
    this.output = new Linear(scope.child("output"), { inputs: inner, outputs: width, bias });
    if (config.queryKeyNorm) {
      this.queryNorm = createNorm(scope.child("queryNorm"), { kind, width: headDim, epsilon });
      this.keyNorm = createNorm(scope.child("keyNorm"), { kind, width: headDim, epsilon });
    }
  }

  /** What the media contribute to every later call. @param latents - [media, latents, mediaWidth] */
  mediaKeysValues(latents: Tensor): MediaKeysValues {
    const projected = this.mediaProjection?.forward(latents) ?? latents;
    const media = this.mediaNorm?.forward(projected) ?? projected;
    const key = splitHeads(this.key.forward(media), this.heads); // [media, heads, latents, headDim]
    return { key: this.keyNorm?.forward(key) ?? key, value: splitHeads(this.value.forward(media), this.heads) };
  }

  /**
   * @param text - [batch, tokens, width]
   * @param watch - is shown what each token looks at, [batch, tokens, heads, seen, latents]: `seen` is 1, the last medium, or the number of all media. Zeros where none is visible
   * @returns [batch, tokens, width]
   */
  forward(text: Tensor, media: MediaKeysValues, view: MediaView, watch?: AttentionWatch): Tensor {
    const queries = this.query.forward(this.norm.forward(text)); // [batch, tokens, heads*headDim]
    return view.attend === "last" ? this.attendLast(queries, media, view, watch) : this.attendAll(queries, media, view, watch);
  }

  /** One small attention per medium, over the text that sees it: no scores are computed that a mask would throw away. */
  private attendLast(queries: Tensor, { key, value }: MediaKeysValues, { segmentTokens, segmentSlots }: LastMedium, watch: AttentionWatch | undefined): Tensor {
    const latents = key.shape[2]!;
    const byToken = (weights: Tensor): Tensor => {
      const slots = mergeAxes(transpose(weights, [0, 2, 1, 3]), 0, 1); // [media*segment, heads, latents]
      const found = gather(concat([slots, filled(0, [1, this.heads, latents])], 0), segmentSlots); // [batch, tokens, heads, latents]
      return reshape(found, [found.shape[0]!, found.shape[1]!, this.heads, 1, latents]);
    };
    const segments = gatherOnce(mergeAxes(queries, 0, 1), segmentTokens, segmentSlots); // [media, segment, heads*headDim]
    const attended = attention(this.normedHeads(segments), key, value, { watch: watch && ((weights) => watch(byToken(weights))) }); // [media, heads, segment, headDim]
    const rows = mergeAxes(this.output.forward(joinHeads(attended)), 0, 1); // [media*segment, width]
    return gatherOnce(rows, segmentSlots, segmentTokens, { zeroBeyond: true }); // [batch, tokens, width]
  }

  private attendAll(queries: Tensor, { key, value }: MediaKeysValues, { firstMedium, endMedium }: AllPreviousMedia, watch: AttentionWatch | undefined): Tensor {
    const [media, , latents] = key.shape as readonly [Dim, Dim, Dim, Dim];
    const [batch, tokens] = queries.shape as readonly [Dim, Dim, Dim];
    const everyMedium = (x: Tensor): Tensor => reshape(transpose(x, [1, 0, 2, 3]), [1, this.heads, multiplyDims(media, latents), x.shape[3]!]); // [1, heads, media*latents, headDim]
    const medium = reshape(iota(media), [1, 1, media]);
    const from = reshape(firstMedium, [batch, tokens, 1]);
    const end = reshape(endMedium, [batch, tokens, 1]);
    const visible = and(lessOrEqual(from, medium), less(medium, end)); // [batch, tokens, media]
    const hidden = expand(reshape(where(visible, 0, farBelow), [batch, tokens, media, 1]), [batch, tokens, media, latents]);
    const bias = reshape(hidden, [batch, 1, tokens, multiplyDims(media, latents)]);
    const seesAny = cast(less(from, end), "float32"); // [batch, tokens, 1]
    const byToken = (weights: Tensor): Tensor => {
      const tokenwise = reshape(transpose(weights, [0, 2, 1, 3]), [batch, tokens, this.heads, media, latents]);
      return multiply(tokenwise, reshape(seesAny, [batch, tokens, 1, 1, 1]));
    };
    const attended = attention(this.normedHeads(queries), everyMedium(key), everyMedium(value), {
      bias,
      watch: watch && ((weights) => watch(byToken(weights))),
    }); // [batch, heads, tokens, headDim]
    return multiply(this.output.forward(joinHeads(attended)), seesAny);
  }

  private normedHeads(queries: Tensor): Tensor {
    const heads = splitHeads(queries, this.heads);
    return this.queryNorm?.forward(heads) ?? heads;
  }
}
