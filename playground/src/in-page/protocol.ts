/** What the page and the worker that holds the model say to each other. */
import type { AnswerErrorKind, AnsweringModel, AnswerPiece, ExplainedAnswer, Place } from "../answering/answerer.ts";
import type { Picture, Prompt } from "../task/task.ts";
import type { WantedDevice } from "./open-model.ts";

/** What can be asked of the worker. */
export interface ModelCalls {
  load(wanted: WantedDevice): AnsweringModel;
  answer(prompt: Prompt): undefined;
  score(prompt: Prompt, choices: readonly string[]): readonly number[];
  explain(prompt: Prompt, answer: string): ExplainedAnswer;
  embed(pictures: readonly Picture[]): readonly Float32Array[];
}

export type CallName = keyof ModelCalls;
export type CallArguments<Name extends CallName> = Parameters<ModelCalls[Name]>;
export type CallResult<Name extends CallName> = ReturnType<ModelCalls[Name]>;

export type ToWorker = { readonly id: number; readonly call: CallName; readonly arguments: readonly unknown[] } | { readonly cancel: number };

export interface Failure {
  readonly kind: AnswerErrorKind;
  readonly message: string;
  readonly place?: Place | undefined;
}

export type FromWorker =
  /** A part of an answer. */
  | { readonly id: number; readonly piece: AnswerPiece }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure }
  /** Bytes of the model that are there. */
  | { readonly progress: { readonly done: number; readonly total: number } }
  /** It runs in another way now. */
  | { readonly changed: AnsweringModel };
