import type { Explanation } from "flamingo-vlm";
import type { Prompt } from "../task/task.ts";

/** What answers: a server, or a model in the page itself. What fails, fails with an {@link AnswerError}. */
export interface Answerer {
  /** The name of the model. */
  model(signal: AbortSignal): Promise<string>;
  /** The answer's text, piece by piece. */
  answer(prompt: Prompt, signal: AbortSignal): AsyncIterable<string>;
  /** How likely each choice is, among them all; in their order. */
  score(prompt: Prompt, choices: readonly string[], signal: AbortSignal): Promise<readonly number[]>;
  /** Where the model looked for each word of an answer that it gave. */
  explain(prompt: Prompt, answer: string, signal: AbortSignal): Promise<ExplainedAnswer>;
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
