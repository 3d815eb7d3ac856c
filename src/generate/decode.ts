import type { Tokenizer } from "../data/tokenizer.ts";
import type { LanguageContext } from "./language-context.ts";
import type { SamplingOptions, TokenProbability } from "./sampling.ts";

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

/** A step of an answer. That which the model's end of the chunk makes has text only where something was held back. */
export interface AnswerStep extends GeneratedPiece {
  /** Of an answer's last piece. */
  readonly end?: AnswerEnd;
}

/** A step of one of several answers. */
export interface DecodedPiece extends AnswerStep {
  readonly row: number;
}

/** Prompts that were read together, one in each row. */
export interface AnswerStart {
  /** Holds everything up to the answers; it is read on. */
  readonly context: LanguageContext;
  /** Of each row, scores of its answer's first token. */
  readonly logits: readonly Float32Array[];
  readonly tokenizer: Tokenizer;
  readonly endOfChunk: number;
}
