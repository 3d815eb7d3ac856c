import type { Answer, EvaluationCase } from "../question.ts";

export interface AskOptions {
  /** Longest answer in words, in tokens. */
  readonly maxTokens: number;
  /** false: it is asked in words alone, and sees no picture. */
  readonly useMedia: boolean;
  readonly signal?: AbortSignal;
}

/** A model that answers questions after examples, wherever it runs. */
export interface Respondent {
  /** Questions that are asked in one call. */
  readonly together: number;
  /** Calls that wait at the same time. */
  readonly atOnce: number;
  /** Of given choices the likeliest, else what it says. */
  ask(questions: readonly EvaluationCase[], options: AskOptions): Promise<(Answer | undefined)[]>;
  dispose(): Promise<void>;
}

/** A model that goes on writes the next prompt, which is no part of its answer. */
export function answerIn(text: string): string {
  return text.split(/Question:|Answer:|Output:/)[0]!.trim();
}
