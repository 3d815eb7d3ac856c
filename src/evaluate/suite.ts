/** Suites: tasks whose questions are few-shot prompts, asked of a model and of everything that it is compared with. */
import type { PictureSource } from "../data/image.ts";
import type { ShowProgress } from "../data/prepare.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { Measures } from "./metrics/metric.ts";
import type { Answered, Answerer, EvaluationCase, ShownExample } from "./question.ts";
import type { ShownMedia } from "./shown-media.ts";

/** Questions that are asked after the same number of examples and judged together. A question's place in the list is its name for good, so the list has to be the same in every run. */
export interface SuiteTask {
  readonly name: string;
  readonly shots: number;
  /** Of several times with other examples, counted from 0. */
  readonly trial?: number;
  /** Examples in words alone that stand in the place of none. */
  readonly textExamples?: number;
  /** What guessing would reach; 0 for free text. Undefined where nobody can say. */
  readonly chance?: number;
  readonly cases: readonly EvaluationCase[];
  /** Longest answer in words, in tokens. Default: 20. */
  readonly maxTokens?: number;
  /** Whether an answer is right, where others are than the expected one to the letter. */
  readonly isRight?: (answer: string, question: EvaluationCase) => boolean;
  /** What else is counted of the answers, by the name that the results give it: "not sure". */
  readonly counts?: Readonly<Record<string, (answer: string, question: EvaluationCase) => boolean>>;
  /** Judges answers in a way of its own, in the place of `isRight` and `counts`; the first figure is the one that counts. @returns undefined where the right answers are with an evaluation server */
  readonly measure?: (answered: readonly Answered[]) => Measures | undefined;
  /** Whether nobody here knows the right answers: only the model is asked then. */
  readonly secret?: boolean;
  /** What examples are taken from, where they are not all that is known of the data. */
  readonly support?: readonly ShownExample[];
  /** What is compared with in this task alone, such as what the encoder's classifier says. @param model - undefined: a server is asked */
  readonly baselines?: (model: Flamingo | undefined, media: ShownMedia) => readonly Answerer[];
}

export interface Suite {
  readonly tasks: readonly SuiteTask[];
  /** Where a picture's file lies, by the name that its questions give it; or the bytes of it. */
  fileOf(path: string): PictureSource | Promise<PictureSource>;
}

export interface SuiteOptions {
  /** Folder of the suite's pictures, where another one is wanted than its own. */
  readonly pictures: string | undefined;
  /** Questions per task. */
  readonly limit: number;
  /** Of the questions: every model and every baseline is asked the same ones. */
  readonly seed: number;
  /** Numbers of examples that are wanted. Default: those that the suite has. */
  readonly shots?: readonly number[];
  /** Shows how far something is that takes long, such as fetching what is asked about. */
  readonly show?: ShowProgress;
}

/** The default export of a suite's module. */
export type OpenSuite = (options: SuiteOptions) => Promise<Suite>;
