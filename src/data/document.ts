/** Documents: text with media anywhere in it, some of it to be learnt. Training data of every kind is turned into these. */
import type { Tokenizer } from "./tokenizer.ts";

export type DocumentPiece<Medium> =
  | { readonly kind: "text"; readonly text: string; readonly learn: boolean }
  | { readonly kind: "media"; readonly medium: Medium }
  | { readonly kind: "endOfChunk"; readonly learn: boolean };

export type InterleavedDocument<Medium> = readonly DocumentPiece<Medium>[];

/** Names of the special tokens that stand for a medium and for the end of what is said about it. */
export interface Markers {
  readonly image: string;
  readonly endOfChunk: string;
}

export interface TokenizedDocument<Medium> {
  readonly tokens: readonly number[];
  /** Whether each token is to be predicted from those before it. */
  readonly learnt: readonly boolean[];
  /** For each token the index of the last medium at or before it; -1 when there is none. */
  readonly mediaOf: readonly number[];
  readonly media: readonly Medium[];
}

/** Each piece of text is tokenised by itself, so that a token never spans something learnt and something given. */
export function tokenizeDocument<Medium>(document: InterleavedDocument<Medium>, tokenizer: Tokenizer, markers: Markers): TokenizedDocument<Medium> {
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
  for (const piece of document) {
    if (piece.kind === "text") put(tokenizer.encode(piece.text), piece.learn);
    else if (piece.kind === "endOfChunk") put([tokenizer.special(markers.endOfChunk)], piece.learn);
    else {
      media.push(piece.medium);
      put([tokenizer.special(markers.image)], false);
    }
  }
  return { tokens, learnt, mediaOf, media };
}
