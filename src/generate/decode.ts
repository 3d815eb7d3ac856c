import type { Tokenizer } from "../data/tokenizer.ts";
import type { LanguageContext } from "./language-context.ts";
import { type ChosenToken, createSampler, type SamplingOptions } from "./sampling.ts";
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
  readonly scores: Float32Array;
}

/**
 * Token by token, each drawn from the model's distribution after those before it: in every row as if it were alone. A row whose answer has ended leaves the batch.
 * @returns pieces with the row that they belong to, in the order in which they are found
 */
export async function* decode(
  { context, logits, tokenizer, endOfChunk }: AnswerStart,
  { maxTokens = defaultMaxTokens, stop, signal, ...sampling }: DecodeOptions,
): AsyncGenerator<GeneratedPiece & { readonly row: number }> {
  let live = logits.map((scores, row): LiveAnswer => ({ row, choose: createSampler(sampling), stream: new TextStream(tokenizer, stop), scores }));
  for (let count = 1; count <= maxTokens; count++) {
    signal?.throwIfAborted();
    const tokens = new Map<LiveAnswer, number>();
    for (const answer of live) {
      const { row, choose, stream, scores } = answer;
      const { token, logProbability } = choose(scores);
      const ended = token === endOfChunk;
      const text = ended ? "" : stream.push(token);
      const goesOn = !ended && !stream.stopped && count < maxTokens;
      const rest = goesOn ? "" : stream.end();
      if (!ended || rest !== "") yield { row, token, text: text + rest, logProbability };
      if (goesOn) tokens.set(answer, token);
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
