/** Documents: text with media anywhere in it, some of it to be learnt. Training data of every kind is turned into these. */
import type { Tokenizer } from "./tokenizer.ts";

export type DocumentPiece<Medium> =
  | { readonly kind: "text"; readonly text: string; readonly learn: boolean }
  | { readonly kind: "media"; readonly medium: Medium }
  | { readonly kind: "endOfChunk"; readonly learn: boolean };

export type InterleavedDocument<Medium> = readonly DocumentPiece<Medium>[];

/** Names of special tokens. */
export interface Markers {
  /** Stands for a medium. */
  readonly image: string;
  /** Ends what is said about it. */
  readonly endOfChunk: string;
  /** Comes before everything else, as LLaMA's `<s>`. */
  readonly start?: string | undefined;
  /** Comes before and after each medium (IDEFICS); between media that follow each other there is one. */
  readonly aroundImage?: string | undefined;
}

export interface TokenizedDocument<Medium> {
  readonly tokens: readonly number[];
  /** Whether each token is to be predicted from those before it. */
  readonly learnt: readonly boolean[];
  /** For each token the index of the last medium at or before it; -1 when there is none. */
  readonly mediaOf: readonly number[];
  readonly media: readonly Medium[];
}

/**
 * Each piece of text is tokenised by itself, so that a token never spans something learnt and something given.
 * @param begins - whether this is the beginning: false for what goes on a document that was tokenised before
 */
export function tokenizeDocument<Medium>(
  document: InterleavedDocument<Medium>,
  tokenizer: Tokenizer,
  markers: Markers,
  begins = true,
): TokenizedDocument<Medium> {
  const tokens: number[] = [];
  const learnt: boolean[] = [];
  const mediaOf: number[] = [];
  const media: Medium[] = [];
  const put = (ids: readonly number[], learn: boolean): void => {
    for (const id of ids) {
      tokens.push(id);
      learnt.push(learn);
      mediaOf.push(media.length - 1);
    }
  };
  if (begins && markers.start !== undefined) put([tokenizer.special(markers.start)], false);
  const around = markers.aroundImage === undefined ? [] : [tokenizer.special(markers.aroundImage)];
  for (const [i, piece] of document.entries()) {
    if (piece.kind === "text") put(tokenizer.encode(piece.text, { continues: !begins || i > 0 }), piece.learn);
    else if (piece.kind === "endOfChunk") put([tokenizer.special(markers.endOfChunk)], piece.learn);
    else {
      if (document[i - 1]?.kind !== "media") put(around, false);
      media.push(piece.medium);
      put([tokenizer.special(markers.image), ...around], false);
    }
  }
  return { tokens, learnt, mediaOf, media };
}

/** The document in pieces that follow each other, each with at most so many media; tokens that see a medium of an earlier piece have -1. */
export function* cutBeforeMedia<Medium>({ tokens, learnt, mediaOf, media }: TokenizedDocument<Medium>, most: number): Generator<TokenizedDocument<Medium>> {
  for (let first = 0, from = 0; from < tokens.length; first += most) {
    const found = mediaOf.findIndex((index) => index >= first + most);
    const to = found === -1 ? tokens.length : found;
    yield {
      tokens: tokens.slice(from, to),
      learnt: learnt.slice(from, to),
      mediaOf: mediaOf.slice(from, to).map((index) => Math.max(-1, index - first)),
      media: media.slice(first, first + most),
    };
    from = to;
  }
}
