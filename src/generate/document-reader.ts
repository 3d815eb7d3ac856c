import { cutBeforeMedia, type TokenizedDocument } from "../data/document.ts";
import { mediaAtOnce } from "./batch-size.ts";
import { EncodedMedia } from "./encoded-media.ts";
import type { LanguageContext } from "./language-context.ts";
import type { EncodedMedium, MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";
import type { ModelSessions } from "./model-sessions.ts";
import type { NextTokens } from "./reading-steps.ts";
import type { Steps } from "./steps.ts";

export interface DocumentOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether nobody wants a document any more, by its place: it is left out as soon as it can be. */
  readonly gone?: (document: number) => boolean;
}

/** What was read. */
export interface ReadDocuments {
  /** Places of the documents that were: one for each row that the context now has. */
  readonly documents: readonly number[];
  /** Of each row, scores of what comes next: float32 [vocabulary]. */
  readonly logits: readonly Float32Array[];
}

/** Encodes the media of documents and lets the language model read both, one document in each row of a context. */
export class DocumentReader {
  private readonly media: EncodedMedia;
  private readonly mediaAtOnce: number;

  /** @param most - media of one document that are encoded before what is said about them is read. Default: as many as memory allows */
  constructor(sessions: ModelSessions, encoder: MediaEncoder, most = mediaAtOnce(sessions.network)) {
    this.media = new EncodedMedia(encoder);
    this.mediaAtOnce = most;
  }

  /** Yields after each group of media that was encoded and after each step of reading. */
  async *inSteps(
    context: LanguageContext,
    documents: readonly TokenizedDocument<Medium>[],
    { signal, gone = () => false }: DocumentOptions = {},
  ): Steps<ReadDocuments> {
    let rows = [...documents.keys()];
    let logits: readonly Float32Array[] = [];
    for (const pieces of await this.cut(context, documents)) {
      // While the pictures are encoded, where those have a worker of their own.
      context.prepare();
      let staying = rows;
      const wanted = (): Medium[] => {
        staying = staying.filter((row) => !gone(row));
        return staying.flatMap((row) => pieces[row]!.media);
      };
      const encoded = yield* this.media.encodeInSteps(wanted, signal);
      if (staying.length < rows.length) await context.select(staying.map((row) => rows.indexOf(row)));
      rows = staying;
      if (rows.length === 0) break;
      logits = yield* context.readInSteps(
        rows.map((row, place) => nextTokens(context, place, pieces[row]!, encoded)),
        signal,
      );
    }
    return { documents: rows, logits };
  }

  /** Reads all of a document but its last piece. @returns that piece, to be read on in the context's only row */
  async *allButLast(context: LanguageContext, document: TokenizedDocument<Medium>, signal: AbortSignal | undefined): Steps<NextTokens> {
    const pieces = [...cutBeforeMedia(document, this.mediaAtOnce)];
    for (const piece of pieces.slice(0, -1)) yield* this.inSteps(context, [piece], { signal });
    const last = pieces.at(-1)!;
    return nextTokens(context, 0, last, yield* this.media.encodeInSteps(() => last.media, signal));
  }

  /** A long document's media would otherwise all be there before the first of them is seen. That it is too long is told before the first is encoded. */
  private async cut(context: LanguageContext, documents: readonly TokenizedDocument<Medium>[]): Promise<readonly (readonly TokenizedDocument<Medium>[])[]> {
    const [document, more] = documents;
    if (document === undefined || more !== undefined || document.media.length <= this.mediaAtOnce) return [documents];
    await context.reserve(document.tokens.length);
    return [...cutBeforeMedia(document, this.mediaAtOnce)].map((piece) => [piece]);
  }
}

function nextTokens(
  context: LanguageContext,
  row: number,
  { tokens, mediaOf, media }: TokenizedDocument<Medium>,
  encoded: ReadonlyMap<Medium, EncodedMedium>,
): NextTokens {
  // What comes before the first medium of these tokens goes on seeing the last one of the context.
  const before = context.mediaCount(row);
  return { tokens, mediaOf: mediaOf.map((index) => before + index), media: media.map((medium) => encoded.get(medium)!) };
}
