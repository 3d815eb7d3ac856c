import { type DocumentPiece, type Markers, type TokenizedDocument, tokenizeDocument } from "../data/document.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { Medium } from "./medium.ts";

/** An example to learn from: a picture or video and what is said about it. */
export interface Example {
  readonly media: Medium;
  readonly text: string;
}

/** Text and media in any order. Text is always text: a typed `<image>` is seven characters, not a marker. */
export type PromptPiece = string | Medium;

/** Tokens of examples: each medium with its text, closed by the end of its chunk. */
export function layOutExamples(examples: readonly Example[], tokenizer: Tokenizer, markers: Markers): TokenizedDocument<Medium> {
  const pieces = examples.flatMap(({ media, text }): DocumentPiece<Medium>[] => [
    { kind: "media", medium: media },
    { kind: "text", text, learn: false },
    { kind: "endOfChunk", learn: false },
  ]);
  return tokenizeDocument(pieces, tokenizer, markers);
}

/** Tokens of what is asked; what comes next is the answer. @throws when there is nothing */
export function layOutQuery(pieces: readonly PromptPiece[], tokenizer: Tokenizer, markers: Markers): TokenizedDocument<Medium> {
  const document = tokenizeDocument(
    pieces.map((piece): DocumentPiece<Medium> => (typeof piece === "string" ? { kind: "text", text: piece, learn: false } : { kind: "media", medium: piece })),
    tokenizer,
    markers,
  );
  if (document.tokens.length === 0) throw new Error("the prompt is empty: give a picture, or text that the answer should follow");
  return document;
}
