/** Suites: tasks whose questions are few-shot prompts, asked of a model and of everything that it is compared with. */
import type { PictureSource } from "../data/image.ts";
import type { ShowProgress } from "../data/prepare.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { Medium } from "../generate/medium.ts";
import { captionsTokens } from "./metrics/caption-tokens.ts";
import { cider } from "./metrics/cider.ts";
import { type LearningCurve, learningCurve } from "./metrics/learning-curve.ts";
import { type Estimate, mean, proportion } from "./metrics/proportion.ts";

/** A picture of a suite, by the name that the suite gives it. */
export interface ShownPicture {
  readonly id: string;
}

/** A picture with what is said about it: `prompt` is the question, if there is one. */
export interface ShownExample {
  readonly picture: ShownPicture;
  /** Those that follow it, where something is said about several. */
  readonly morePictures?: readonly ShownPicture[];
  readonly prompt: string;
  readonly answer: string;
}

/** All pictures of an example, in their order. */
export function picturesIn({ picture, morePictures = [] }: ShownExample): readonly ShownPicture[] {
  return [picture, ...morePictures];
}

export interface EvaluationCase {
  readonly shots: readonly ShownExample[];
  readonly query: ShownExample;
  /** What can be answered; undefined where the answer is free text. */
  readonly choices: readonly string[] | undefined;
}

/** Something that answers questions: the model, a baseline, or the model with something taken away. */
export interface Answerer {
  readonly name: string;
  /** Share of the cases that it is asked, since some are only there for comparison. */
  readonly share: number;
  /**
   * @param maxTokens - longest answer in free text
   * @returns for each question undefined when it can't say anything, which counts as wrong
   */
  answer(questions: readonly EvaluationCase[], maxTokens?: number): Promise<readonly (string | undefined)[]>;
}

export interface SuiteTask {
  readonly name: string;
  readonly shots: number;
  /** What guessing would reach; 0 for free text. */
  readonly chance: number;
  readonly cases: readonly EvaluationCase[];
  /** Longest answer in free text, in tokens. Default: 20. */
  readonly maxTokens?: number;
  /** Whether an answer is right, where others are than the expected one to the letter. */
  readonly isRight?: (answer: string, question: EvaluationCase) => boolean;
  /** What else is counted of the answers, by the name that the results give it: "not sure". */
  readonly counts?: Readonly<Record<string, (answer: string, question: EvaluationCase) => boolean>>;
  /**
   * What the model is compared with in this task alone, such as what its encoder's classifier says.
   * @param medium - a picture of the suite
   */
  readonly baselines?: (model: Flamingo, medium: (picture: string) => Medium) => readonly Answerer[];
}

export interface Suite {
  readonly tasks: readonly SuiteTask[];
  /** A picture's file: where it lies, or its bytes. */
  fileOf(picture: string): PictureSource;
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

export interface TaskResult {
  readonly task: string;
  readonly shots: number;
  readonly chance: number;
  readonly answerer: string;
  /** Share of answers that are right: exactly as expected, unless the task knows better. */
  readonly right: Estimate;
  /** Shares of what else the task counts. */
  readonly counts?: Readonly<Record<string, Estimate>>;
  /** For names: CIDEr-D against the one right name, times 100 as benchmarks print it. */
  readonly cider?: Estimate;
}

/** What an answerer of a task makes of more examples. */
export interface TaskCurve extends LearningCurve {
  readonly task: string;
  readonly answerer: string;
}

/** Of every task and answerer that was asked without examples and with some. */
export function learningCurves(results: readonly TaskResult[]): TaskCurve[] {
  const same = Map.groupBy(results, ({ task, answerer }) => `${task}\n${answerer}`);
  return [...same.values()].flatMap((of) => {
    const { task, answerer } = of[0]!;
    const curve = learningCurve(of.map(({ shots, right }) => ({ shots, accuracy: right.value })));
    return curve === undefined ? [] : [{ task, answerer, ...curve }];
  });
}

export interface EvaluationEvent {
  readonly type: "evaluated";
  readonly done: number;
  readonly total: number;
  readonly result: TaskResult;
}

/** Asks every task's answerers. */
export async function* evaluateTasks(
  tasks: readonly SuiteTask[],
  answerersOf: (task: SuiteTask) => readonly Answerer[],
  signal?: AbortSignal,
): AsyncGenerator<EvaluationEvent> {
  const asking = tasks.flatMap((task) => answerersOf(task).map((answerer) => ({ task, answerer })));
  for (const [done, { task, answerer }] of asking.entries()) {
    signal?.throwIfAborted();
    const asked = task.cases.slice(0, Math.max(1, Math.round(task.cases.length * answerer.share)));
    const answers = (await answerer.answer(asked, task.maxTokens)).map((answer = "") => answer.trim());
    yield { type: "evaluated", done: done + 1, total: asking.length, result: judge(task, answerer.name, asked, answers) };
  }
}

function judge(task: SuiteTask, answerer: string, asked: readonly EvaluationCase[], answers: readonly string[]): TaskResult {
  const { name, shots, chance, isRight = isExpected, counts } = task;
  const share = (holds: (answer: string, question: EvaluationCase) => boolean): Estimate => proportion(answers.map((answer, i) => holds(answer, asked[i]!)));
  const result = {
    task: name,
    shots,
    chance,
    answerer,
    right: share(isRight),
    ...(counts === undefined ? {} : { counts: Object.fromEntries(Object.entries(counts).map(([what, holds]) => [what, share(holds)])) }),
  };
  // Words are compared with the one expected name only where no other is right.
  if (asked[0]!.choices !== undefined || task.isRight !== undefined) return result;
  const references = captionsTokens(asked.map(expectedOf));
  const scores = cider(captionsTokens(answers).map((candidate, i) => ({ candidate, references: [references[i]!] })));
  return { ...result, cider: mean(scores.map((score) => 100 * score)) };
}

function expectedOf({ query }: EvaluationCase): string {
  return query.answer.trim();
}

function isExpected(answer: string, question: EvaluationCase): boolean {
  return answer === expectedOf(question);
}
