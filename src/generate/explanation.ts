/** What `Flamingo.explain` gives: numbers, texts, arrays and objects, so that it can be written as JSON. */

export interface Explanation {
  /** The answer's tokens. */
  readonly tokens: readonly ExplainedToken[];
  /** Fusion layers in order. */
  readonly layers: readonly ExplainedLayer[];
  /** Everything that fusion adds to the language model is multiplied with this, beside the gates (`fusion.gateScale` of the config). */
  readonly gateScale: number;
  /** The prompt's pictures and videos that the answer sees: the last one, or with `attend: "all"` every one. */
  readonly media: readonly ExplainedMedium[];
  /** Words of the answer, or the ranges that were asked for. */
  readonly words: readonly ExplainedWord[];
}

export interface ExplainedToken {
  readonly token: number;
  /** What it adds to the text: empty while a character is not complete. */
  readonly text: string;
  /** Natural logarithm of the model's probability for it, after the prompt and the tokens before it. */
  readonly logProbability: number;
}

/** A fusion layer: tanh(alpha) of its gates, in one number, or in one for each channel. A gate near 0 lets nothing through, wherever its layer looks; the sign says nothing. Without gates (`gate: "none"`) it is 1. */
export interface ExplainedLayer {
  /** The language model's block that it belongs to; blocks that GRAFTING adds go on counting after the last one. */
  readonly block: number;
  readonly gates: {
    /** Of the cross-attention. */
    readonly attention: readonly number[];
    /** Of the layer's own feed-forward part, which looks at nothing. VANILLA XATTN has none. */
    readonly feedForward?: readonly number[];
  };
}

/** A picture or video and what the resampler makes its latents of, whatever is asked about it. */
export interface ExplainedMedium {
  /** Its place among the prompt's media, those of examples and templates included, those of a support set not. */
  readonly index: number;
  readonly kind: "image" | "video";
  /** Rows and columns of every map of it. */
  readonly rows: number;
  readonly columns: number;
  /** The pictures, upright. */
  readonly frames: readonly ExplainedFrame[];
  /** What each latent attends to in each layer of the resampler, its heads averaged: [layers][latents]. `learnt` is here what it attends to among the latents as they come into the layer. */
  readonly layers: readonly (readonly Origin[])[];
  /** All layers together, by attention rollout: [latents]. */
  readonly latents: readonly Origin[];
}

export interface ExplainedFrame {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /**
   * Where a map lies on it, in shares of its width and height. What lies outside of 0 to 1 was put around the picture to make it fit, and what of the picture lies outside of the area was cut off:
   * no model has seen it.
   */
  readonly area: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Shares by what they come from. All of them together are 1, or what is said beside it. */
export interface Origin {
  /** By place, [frames][rows][columns]. */
  readonly map: readonly (readonly (readonly number[])[])[];
  /** What the vision encoder's own classifier says of each frame, which lies nowhere; 0 where there is no classifier. */
  readonly evidence: readonly number[];
  /** The class token of each frame, which lies nowhere; 0 where there is none. */
  readonly classToken: readonly number[];
  /** What the latents were before they had seen anything: the same for every picture. */
  readonly learnt: number;
}

/** Some tokens of the answer that follow each other; all numbers are means over them. */
export interface ExplainedWord {
  /** All words' texts together are the answer. */
  readonly text: string;
  /** Its tokens, from the first to before `to`. */
  readonly from: number;
  readonly to: number;
  /** Sum of its tokens'. */
  readonly logProbability: number;
  /** As in {@link Explanation.media}. */
  readonly media: readonly WordLook[];
  /** What the fusion layers gave to pictures of the support set, of which there are no maps: 0 unless all media are seen. With the shares of `media` it makes 1. */
  readonly supportSet: number;
}

/** What a word's tokens looked at in one medium. */
export interface WordLook {
  /** The medium's place, as {@link ExplainedMedium.index}. */
  readonly index: number;
  /** Of each fusion layer. */
  readonly layers: readonly LayerLook[];
  /** The mean over the fusion layers, each counting the same, however far its gate is open. */
  readonly average: Look;
}

export interface LayerLook extends Look {
  /** {@link Look.latents} of each head: [heads][latents]. */
  readonly heads: readonly (readonly number[])[];
}

/** `map`, `evidence`, `classToken` and `learnt` together are `share`: the product of `latents` with what each latent is made of ({@link ExplainedMedium.latents}). */
export interface Look extends Origin {
  /** Of the attention, that this medium got: 1 where the last medium alone is seen. */
  readonly share: number;
  /** By latent, the heads averaged. */
  readonly latents: readonly number[];
}
