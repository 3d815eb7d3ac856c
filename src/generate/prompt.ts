import { type DocumentPiece, type Markers, type TokenizedDocument, tokenizeDocument } from "../data/document.ts";
import { documentFromTemplate } from "../data/template.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { Medium } from "./medium.ts";

/** An example to learn from: a picture or video and what is said about it. */
export interface Example {
  readonly media: Medium;
  readonly text: string;
}

/** A prompt in one text, `<image>a dax<|endofchunk|><image>`, with a medium for each marker. */
export class Template {
  readonly text: string;
  readonly media: readonly Medium[];

  constructor(text: string, media: readonly Medium[]) {
    this.text = text;
    this.media = media;
  }
}

/** Text, media, examples and templates in any order. Text is always text: a typed `<image>` is seven characters, not a marker; only in a template is it one. */
export type PromptPiece = string | Medium | Example | Template;

/** Tokens of examples: each medium with its text, closed by the end of its chunk. */
export function layOutExamples(examples: readonly Example[], tokenizer: Tokenizer, markers: Markers): TokenizedDocument<Medium> {
  return tokenizeDocument(examples.flatMap(layOutExample), tokenizer, markers);
}

function layOutExample({ media, text }: Example): DocumentPiece<Medium>[] {
  return [
    { kind: "media", medium: media },
    { kind: "text", text, learn: false },
    { kind: "endOfChunk", learn: false },
  ];
}

/** Tokens of what is asked; what comes next is the answer. @throws when there is nothing, or a template's markers are not as many as its media */
export function layOutQuery(pieces: readonly PromptPiece[], tokenizer: Tokenizer, markers: Markers): TokenizedDocument<Medium> {
  const document = tokenizeDocument(
    pieces.flatMap((piece): readonly DocumentPiece<Medium>[] => {
      if (typeof piece === "string") return [{ kind: "text", text: piece, learn: false }];
      if (piece instanceof Template) return documentFromTemplate(piece.text, piece.media, markers);
      return "media" in piece ? layOutExample(piece) : [{ kind: "media", medium: piece }];
    }),
    tokenizer,
    markers,
  );
  if (document.tokens.length === 0) throw new Error("the prompt is empty: give a picture, or text that the answer should follow");
  return document;
}
