import { free } from "../runtime/runtime.ts";
import { type AnswerEnd, type AnswerStart, type AnswerStep, type DecodedPiece, type DecodeOptions, defaultMaxTokens } from "./decode.ts";
import type { LanguageContext } from "./language-context.ts";
import { type ChosenToken, createSampler } from "./sampling.ts";
import { TextStream } from "./text-stream.ts";

/** An answer that is to be made. */
export interface AskedAnswer<Owner> {
  /** What its pieces are told by. */
  readonly owner: Owner;
  /** Of the prompts that were read: several answers may go on from one. */
  readonly row: number;
  readonly options: DecodeOptions;
}

interface LiveAnswer<Owner> {
  readonly owner: Owner;
  readonly choose: (logits: Float32Array) => ChosenToken;
  readonly stream: TextStream;
  readonly signal: AbortSignal | undefined;
  /** Tokens that may still come. */
  left: number;
  /** Of the next token. */
  scores: Float32Array;
  /** Chosen and not read yet; undefined when the answer is over. */
  token: number | undefined;
}

/**
 * Answers that are made together, a token of each at a time, in the rows of one context. Others may join between two tokens; whose answer has ended leaves, and so does one whose own signal is aborted. Every answer is
 * drawn from its own scores with its own sampler, as if it were alone.
 */
export class AnswerBatch<Owner> {
  private readonly context: LanguageContext;
  private readonly start: Pick<AnswerStart, "endOfChunk">;
  /** In the order of the context's rows. */
  private live: LiveAnswer<Owner>[];
  /** Of all rows, as they were read last. */
  private scores: readonly Float32Array[] = [];

  private constructor(start: AnswerStart, answers: readonly AskedAnswer<Owner>[]) {
    this.context = start.context;
    this.start = start;
    this.live = this.begun(start, answers);
  }

  /** @param start - is the batch's from now on */
  static async begin<Owner>(start: AnswerStart, answers: readonly AskedAnswer<Owner>[]): Promise<AnswerBatch<Owner>> {
    const batch = new AnswerBatch(start, answers);
    await spread(start.context, answers);
    return batch;
  }

  /** Goes on with these answers too. @param start - read with the same support set; it is used up */
  async join(start: AnswerStart, answers: readonly AskedAnswer<Owner>[]): Promise<void> {
    const joining = this.begun(start, answers);
    await spread(start.context, answers);
    await this.context.join(start.context);
    this.live.push(...joining);
  }

  get owners(): readonly Owner[] {
    return this.live.map(({ owner }) => owner);
  }

  /** Whether there is nothing left to read for. */
  get isOver(): boolean {
    return this.live.every(({ token }) => token === undefined);
  }

  /** The next token of every answer. */
  *choose(): Generator<{ readonly owner: Owner; readonly piece: AnswerStep }> {
    for (const answer of this.live) {
      answer.token = undefined;
      if (answer.signal?.aborted === true) continue;
      const { owner, choose, stream, scores } = answer;
      const chosen = choose(scores);
      const ended = chosen.token === this.start.endOfChunk;
      const text = ended ? "" : stream.push(chosen.token);
      answer.left -= 1;
      const end: AnswerEnd | undefined = ended ? "endOfChunk" : stream.stopped ? "stop" : answer.left <= 0 ? "maxTokens" : undefined;
      if (end === undefined) answer.token = chosen.token;
      yield { owner, piece: end === undefined ? { ...chosen, text } : { ...chosen, text: text + stream.end(), end } };
    }
  }

  /** Reads what was chosen. Those whose answer is over leave. @param begun - called when the runtime has been asked, and computes */
  async read(signal?: AbortSignal, begun?: () => void): Promise<void> {
    const stays = this.live.map(({ token }) => token !== undefined);
    if (stays.includes(false)) {
      const order = closedUp(stays);
      await this.context.select(order);
      this.live = order.map((place) => this.live[place]!);
    }
    const scores = await this.context.read(
      this.live.map(({ token }, row) => this.context.continuation(row, [token!])),
      signal,
      begun,
    );
    for (const [row, answer] of this.live.entries()) answer.scores = scores[row]!;
    // Left to the collector, scores would have it look through the whole heap every few tokens.
    for (const data of this.scores) free({ data });
    this.scores = scores;
  }

  dispose(): Promise<void> {
    return this.context.dispose();
  }

  private begun({ logits, tokenizer }: AnswerStart, answers: readonly AskedAnswer<Owner>[]): LiveAnswer<Owner>[] {
    return answers.map(({ owner, row, options: { maxTokens = defaultMaxTokens, stop, signal, ...sampling } }) => ({
      owner,
      choose: createSampler(sampling),
      stream: new TextStream(tokenizer, stop),
      signal,
      left: maxTokens,
      scores: logits[row]!,
      token: undefined,
    }));
  }
}

/**
 * Token by token, each drawn from the model's distribution after those before it: in every row as if it were alone.
 * @param options - of each row
 * @param signal - gives up all rows
 * @returns pieces with the row that they belong to, in the order in which they are found
 */
export async function* decode(start: AnswerStart, options: readonly DecodeOptions[], signal?: AbortSignal): AsyncGenerator<DecodedPiece> {
  const batch = await AnswerBatch.begin(
    start,
    options.map((asked, row) => ({ owner: row, row, options: asked })),
  );
  for (;;) {
    signal?.throwIfAborted();
    for (const { owner, piece } of batch.choose()) yield { row: owner, ...piece };
    if (batch.isOver) return;
    await batch.read(signal);
  }
}

/** A row of the context for each of the answers. */
async function spread(context: LanguageContext, answers: readonly AskedAnswer<unknown>[]): Promise<void> {
  const rows = answers.map(({ row }) => row);
  if (rows.length !== context.rowCount || rows.some((row, place) => row !== place)) await context.select(rows);
}

/** The places that stay, the last of them moved into the gaps: so few rows are moved as possible. */
function closedUp(stays: readonly boolean[]): number[] {
  const places = stays.flatMap((stay, place) => (stay ? [place] : []));
  const size = places.length;
  const movable = places.filter((place) => place >= size);
  return Array.from({ length: size }, (_, place) => (stays[place] === true ? place : movable.pop()!));
}
