import type { Tokenizer } from "../data/tokenizer.ts";
import type { LanguageContext } from "./language-context.ts";
import { type ChosenToken, createSampler, type SamplingOptions, type TokenProbability } from "./sampling.ts";
import { TextStream } from "./text-stream.ts";

/** Of an answer, unless the caller says otherwise. */
export const defaultMaxTokens = 30;

export interface DecodeOptions extends SamplingOptions {
  /** Of the answer, which with its prompt must fit what the model reads. Default: 30. */
  readonly maxTokens?: number;
  /** Texts that end the answer; they are not part of it. The end of the chunk always ends it. */
  readonly stop?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Part of an answer. */
export interface GeneratedPiece {
  readonly token: number;
  /** What this token adds; empty while a character or a stop string is not complete. */
  readonly text: string;
  /** Natural logarithm of the model's probability for the token. */
  readonly logProbability: number;
  /** Where they were asked for: tokens that might have come in its place, the likeliest first. */
  readonly alternatives?: readonly TokenProbability[];
}

/** Why an answer is over: the model ended it, a stop text came, or it has all the tokens that were asked for. */
export type AnswerEnd = "endOfChunk" | "stop" | "maxTokens";

/** A step of one of several answers. That which the model's end of the chunk makes has text only where something was held back. */
export interface DecodedPiece extends GeneratedPiece {
  readonly row: number;
  /** Of an answer's last piece. */
  readonly end?: AnswerEnd;
}

/** Prompts that were read together, one in each row. */
export interface AnswerStart {
  /** Holds everything up to the answers; it is read on. */
  readonly context: LanguageContext;
  /** Scores of each answer's first token. */
  readonly logits: readonly Float32Array[];
  readonly tokenizer: Tokenizer;
  readonly endOfChunk: number;
}

interface LiveAnswer {
  readonly row: number;
  readonly choose: (logits: Float32Array) => ChosenToken;
  readonly stream: TextStream;
  readonly maxTokens: number;
  readonly signal: AbortSignal | undefined;
  readonly scores: Float32Array;
}

/**
 * Token by token, each drawn from the model's distribution after those before it: in every row as if it were alone. A row whose answer has ended leaves the batch, and so does one whose own
 * signal is aborted.
 * @param options - of each row
 * @param signal - gives up all rows
 * @returns pieces with the row that they belong to, in the order in which they are found
 */
export async function* decode(
  { context, logits, tokenizer, endOfChunk }: AnswerStart,
  options: readonly DecodeOptions[],
  signal?: AbortSignal,
): AsyncGenerator<DecodedPiece> {
  let live = logits.map((scores, row): LiveAnswer => {
    const { maxTokens = defaultMaxTokens, stop, signal: own, ...sampling } = options[row]!;
    return { row, choose: createSampler(sampling), stream: new TextStream(tokenizer, stop), maxTokens, signal: own, scores };
  });
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    const tokens = new Map<LiveAnswer, number>();
    for (const answer of live) {
      if (answer.signal?.aborted === true) continue;
      const { row, choose, stream, scores, maxTokens } = answer;
      const chosen = choose(scores);
      const ended = chosen.token === endOfChunk;
      const text = ended ? "" : stream.push(chosen.token);
      const end = ended ? "endOfChunk" : stream.stopped ? "stop" : count >= maxTokens ? "maxTokens" : undefined;
      if (end === undefined) {
        tokens.set(answer, chosen.token);
        yield { row, ...chosen, text };
      } else yield { row, ...chosen, text: text + stream.end(), end };
    }
    if (tokens.size === 0) return;
    if (tokens.size < live.length) {
      const order = closedUp(live.map((answer) => tokens.has(answer)));
      await context.select(order);
      live = order.map((place) => live[place]!);
    }
    const scores = await context.read(
      live.map((answer, place) => context.continuation(place, [tokens.get(answer)!])),
      signal,
    );
    live = live.map((answer, place) => ({ ...answer, scores: scores[place]! }));
  }
}

/** The places that stay, the last of them moved into the gaps: so few rows are moved as possible. */
function closedUp(stays: readonly boolean[]): number[] {
  const places = stays.flatMap((stay, place) => (stay ? [place] : []));
  const size = places.length;
  const movable = places.filter((place) => place >= size);
  return Array.from({ length: size }, (_, place) => (stays[place] === true ? place : movable.pop()!));
}
