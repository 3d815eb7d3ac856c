import type { Tokenizer } from "../data/tokenizer.ts";
import type { LanguageContext } from "./language-context.ts";
import { createSampler, type SamplingOptions } from "./sampling.ts";
import { TextStream } from "./text-stream.ts";

export interface DecodeOptions extends SamplingOptions {
  /** Default: 30. */
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
  readonly logProbability: number;
}

export interface AnswerStart {
  /** Holds everything up to the answer; it is read on. */
  readonly context: LanguageContext;
  /** Scores of the answer's first token. */
  readonly logits: Float32Array;
  readonly tokenizer: Tokenizer;
  readonly endOfChunk: number;
}

/** Token by token, each drawn from the model's distribution after those before it. */
export async function* decode(
  { context, logits, tokenizer, endOfChunk }: AnswerStart,
  { maxTokens = 30, stop, signal, ...sampling }: DecodeOptions,
): AsyncGenerator<GeneratedPiece> {
  const choose = createSampler(sampling);
  const stream = new TextStream(tokenizer, stop);
  const medium = context.mediaCount(0) - 1;
  let scores = logits;
  for (let count = 0; count < maxTokens; count++) {
    signal?.throwIfAborted();
    const { token, logProbability } = choose(scores);
    if (token === endOfChunk) break;
    const text = stream.push(token);
    const last = count + 1 === maxTokens;
    yield { token, text: last && !stream.stopped ? text + stream.end() : text, logProbability };
    if (last || stream.stopped) return;
    [scores] = (await context.read([{ tokens: [token], mediaOf: [medium], media: [] }], "last", signal)) as [Float32Array];
  }
  const rest = stream.end();
  if (rest !== "") yield { token: endOfChunk, text: rest, logProbability: 0 };
}
