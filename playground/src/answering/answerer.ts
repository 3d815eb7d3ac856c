import type { Explanation } from "flamingo-vlm";
import type { Picture, Prompt } from "../task/task.ts";

/** What answers: a server, or a model in the page itself. What fails, fails with an {@link AnswerError}. */
export interface Answerer {
  /** The model, once it can answer. */
  model(signal: AbortSignal): Promise<AnsweringModel>;
  /** The answer, piece by piece. */
  answer(prompt: Prompt, signal: AbortSignal): AsyncIterable<AnswerPiece>;
  /** How likely each choice is, among them all; in their order. */
  score(prompt: Prompt, choices: readonly string[], signal: AbortSignal): Promise<readonly number[]>;
  /** Where the model looked for each word of an answer that it gave. */
  explain(prompt: Prompt, answer: string, signal: AbortSignal): Promise<ExplainedAnswer>;
  /** What the vision encoder makes of pictures, as vectors of length 1: those of similar pictures are near each other. */
  embed(pictures: readonly Picture[], signal: AbortSignal): Promise<readonly Float32Array[]>;
  /** Lets go of everything; nothing may be asked any more. */
  dispose(): void;
}

export interface AnsweringModel {
  readonly name: string;
  /** Where the page itself computes: on what. */
  readonly runsOn?: string;
  /** What a person should know about that, in sentences. */
  readonly notes?: readonly string[];
}

/** What a model in the page tells unasked. */
export interface ModelEvents {
  /** Bytes of it that are there. */
  progress(bytes: { readonly done: number; readonly total: number }): void;
  /** It runs in another way from now on. */
  changed(model: AnsweringModel): void;
}

/** Of reading a task, in milliseconds. */
export interface Timing {
  /** The examples, when they were read: once. */
  readonly examples: number;
  /** The question after them, and its answer. */
  readonly question: number;
}

export interface AnswerPiece {
  readonly text: string;
  /** Comes last, where the examples are read once. */
  readonly timing?: Timing;
}

type ExplainedMedium = Explanation["media"][number];
type ExplainedWord = Explanation["words"][number];
/** Shares of the attention by what they come from. */
export type Look = Omit<ExplainedWord["media"][number]["average"], "latents">;

/** What is shown of an explanation. */
export interface ExplainedAnswer extends Pick<Explanation, "layers"> {
  readonly media: readonly Pick<ExplainedMedium, "index" | "frames">[];
  readonly words: readonly (Pick<ExplainedWord, "text" | "logProbability"> & {
    readonly media: readonly { readonly index: number; readonly layers: readonly Look[]; readonly average: Look }[];
  })[];
}

/** The part of a prompt that something is about. */
export type Place = { readonly of: "example"; readonly index: number } | { readonly of: "question" } | { readonly of: "choices" };

/** `gone`: nothing answers; `loading`: not yet; `locked`: the key is missing or wrong; `busy`: ask again; `wrong`: what was asked; `failed`: whatever else. */
export type AnswerErrorKind = "gone" | "loading" | "locked" | "busy" | "wrong" | "failed";

/** Why there is no answer, as a sentence for people. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  readonly kind: AnswerErrorKind;
  readonly place: Place | undefined;

  constructor(kind: AnswerErrorKind, message: string, place?: Place) {
    super(message);
    this.kind = kind;
    this.place = place;
  }
}
