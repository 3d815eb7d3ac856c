import { type DocumentPiece, type Markers, type TokenizedDocument, tokenizeDocument } from "../data/document.ts";
import { DataError } from "../data/errors.ts";
import type { PromptLayout } from "../data/prompt-layout.ts";
import { documentFromTemplate } from "../data/template.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { Medium } from "./medium.ts";

/** An example to learn from: a picture or video and what is said about it. */
export interface Example {
  /** Several are shown one after the other, before the text; an empty list is an example in words alone. */
  readonly media: Medium | readonly Medium[];
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

/** Lays prompts out as one model was trained to read them. */
export class PromptWriter {
  private readonly tokenizer: Tokenizer;
  private readonly markers: Markers;
  private readonly layout: PromptLayout;

  constructor(tokenizer: Tokenizer, markers: Markers, layout: PromptLayout) {
    this.tokenizer = tokenizer;
    this.markers = markers;
    this.layout = layout;
  }

  /** Tokens of examples, from the beginning: each medium with its text, closed by the end of its chunk. */
  examples(examples: readonly Example[]): TokenizedDocument<Medium> {
    return tokenizeDocument(
      examples.flatMap((example) => this.example(example)),
      this.tokenizer,
      this.markers,
    );
  }

  /**
   * Tokens of what is asked; what comes next is the answer.
   * @param begins - whether nothing was read before
   * @throws DataError when there is nothing, or a template's markers are not as many as its media
   */
  query(pieces: readonly PromptPiece[], begins: boolean): TokenizedDocument<Medium> {
    const written = pieces.flatMap((piece): readonly DocumentPiece<Medium>[] => {
      if (typeof piece === "string") return [{ kind: "text", text: piece, learn: false }];
      if (piece instanceof Template) return documentFromTemplate(piece.text, piece.media, this.markers);
      return "media" in piece ? this.example(piece) : [{ kind: "media", medium: piece }];
    });
    const document = joined(written).map((piece) => (piece.kind === "text" ? { ...piece, text: this.written(piece.text) } : piece));
    if (!document.some((piece) => piece.kind !== "text" || piece.text !== ""))
      throw new DataError("the prompt is empty: give a picture, or text that the answer should follow");
    return tokenizeDocument(document, this.tokenizer, this.markers, begins);
  }

  private example({ media, text }: Example): DocumentPiece<Medium>[] {
    const { exampleEnd } = this.layout;
    const said = this.written(text);
    return [
      ...[media].flat().map((medium) => ({ kind: "media", medium }) as const),
      { kind: "text", text: exampleEnd === undefined ? said : said + exampleEnd, learn: false },
      ...(exampleEnd === undefined ? [{ kind: "endOfChunk", learn: false } as const] : []),
    ];
  }

  private written(text: string): string {
    return this.layout.trim ? text.replace(/^ +| +$/g, "") : text;
  }
}

/** Texts that follow each other are one, so that they are tokenised as one. */
function joined(pieces: readonly DocumentPiece<Medium>[]): DocumentPiece<Medium>[] {
  const result: DocumentPiece<Medium>[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (piece.kind === "text" && last?.kind === "text") result[result.length - 1] = { ...last, text: last.text + piece.text };
    else result.push(piece);
  }
  return result;
}
