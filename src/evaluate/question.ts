/** What every measurement is made of: questions after examples, those that answer them, and what they say. */

/** A picture's file, or a folder with a video's frames, one for each second, of which those from one second to another are shown. */
export interface MediaFile {
  readonly kind: "image" | "video";
  /** Where it lies, or the name that its suite gives it. */
  readonly path: string;
  readonly from?: number;
  readonly to?: number;
}

/** Media with what is said about them. */
export interface ShownExample {
  /** None: an example in words alone. */
  readonly media: readonly MediaFile[];
  /** All that stands before the answer: "Question: What is this? Answer:". */
  readonly prompt: string;
  /** With the blank before it where there is a prompt. Of a question, what is right; empty where that is secret. */
  readonly answer: string;
}

export interface Question extends ShownExample {
  /** As the official files name it. */
  readonly id: string | number;
  /** Where one of them is the answer: the likeliest is taken. With the blank before each. */
  readonly choices?: readonly string[];
}

/** A question and the examples that come before it. */
export interface EvaluationCase {
  readonly shots: readonly ShownExample[];
  readonly query: Question;
}

export interface Answer {
  /** Without blanks at its ends. */
  readonly text: string;
  /** Of each choice, where there are choices: the natural logarithm of its probability, or some number that is higher for what is preferred. */
  readonly scores?: readonly number[];
  /** How the answer was found among choices, where it was not simply the likeliest: servers may not tell how likely each is. */
  readonly ranked?: Ranking;
  /** Tokens that a server counted. */
  readonly usage?: TokenUsage;
  /** Why a server would not answer; the text is empty then. */
  readonly refused?: string;
}

/** By the likelihood of each choice, of its first token alone, or by what was said. */
export type Ranking = "likelihood" | "first token" | "words";

export interface TokenUsage {
  readonly prompt: number;
  readonly answer: number;
}

export interface Answered {
  readonly question: Question;
  readonly answer: Answer;
}

/** Something that answers questions: a model, a baseline, or a model with something taken away. */
export interface Answerer {
  readonly name: string;
  /** Share of the questions that it is asked, since some are only there for comparison. */
  readonly share: number;
  /** Questions that are asked in one call, whose answers are recorded together. Default: all. */
  readonly together?: number;
  /** Calls that wait at the same time. Default: 1. */
  readonly atOnce?: number;
  /** @returns for each question undefined when it can't say anything, which counts as wrong */
  answer(questions: readonly EvaluationCase[], signal?: AbortSignal): Promise<readonly (Answer | undefined)[]>;
}
