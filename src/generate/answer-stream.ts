import type { AnswerStep } from "./decode.ts";

/** A step of one of the answers that were asked for together. */
export interface AnswerPiece extends AnswerStep {
  /** Which of the requests it belongs to. */
  readonly request: number;
}

/** The pieces of some answers as they are found. They are kept until they are read, so that nobody waits for a slow reader. */
export class AnswerStream implements AsyncIterableIterator<AnswerPiece> {
  private readonly pieces: AnswerPiece[] = [];
  private readonly stop = new AbortController();
  private open: number;
  private failure: { readonly reason: unknown } | undefined;
  private wake: (() => void) | undefined;

  /** @param answers - that are open */
  constructor(answers: number) {
    this.open = answers;
  }

  /** Aborted when nobody reads on. */
  get given(): AbortSignal {
    return this.stop.signal;
  }

  push(piece: AnswerPiece): void {
    if (this.stop.signal.aborted) return;
    this.pieces.push(piece);
    if (piece.end !== undefined) this.open -= 1;
    this.wake?.();
  }

  /** Ends it, whatever is still open; what was found before is read before. */
  fail(reason: unknown): void {
    if (this.open === 0) return;
    this.open = 0;
    this.failure = { reason };
    this.stop.abort(reason);
    this.wake?.();
  }

  async next(): Promise<IteratorResult<AnswerPiece, undefined>> {
    while (this.pieces.length === 0 && this.open > 0) await new Promise<void>((resolve) => (this.wake = resolve));
    const piece = this.pieces.shift();
    if (piece !== undefined) return { done: false, value: piece };
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure.reason;
    return { done: true, value: undefined };
  }

  /** Whoever leaves the loop gives the answers up. */
  return(): Promise<IteratorResult<AnswerPiece, undefined>> {
    this.open = 0;
    this.pieces.length = 0;
    this.stop.abort();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
