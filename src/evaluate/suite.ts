/** Suites: tasks whose questions are few-shot prompts, asked of a model and of everything that it is compared with. */
import { captionsTokens } from "./metrics/caption-tokens.ts";
import { cider } from "./metrics/cider.ts";
import { type Estimate, mean, proportion } from "./metrics/proportion.ts";

/** A picture of a suite, by the name that the suite gives it. */
export interface ShownPicture {
  readonly id: string;
}

/** A picture with what is said about it: `prompt` is the question, if there is one. */
export interface ShownExample {
  readonly picture: ShownPicture;
  readonly prompt: string;
  readonly answer: string;
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
  /** @returns for each question undefined when it can't say anything, which counts as wrong */
  answer(questions: readonly EvaluationCase[]): Promise<readonly (string | undefined)[]>;
}

export interface SuiteTask {
  readonly name: string;
  readonly shots: number;
  /** What guessing would reach; 0 for free text. */
  readonly chance: number;
  readonly cases: readonly EvaluationCase[];
}

export interface Suite {
  readonly tasks: readonly SuiteTask[];
  /** Where a picture's file lies. */
  fileOf(picture: string): string;
}

export interface SuiteOptions {
  /** Folder of the suite's pictures, where another one is wanted than its own. */
  readonly pictures: string | undefined;
  /** Questions per task. */
  readonly limit: number;
  /** Of the questions: every model and every baseline is asked the same ones. */
  readonly seed: number;
}

/** The default export of a suite's module. */
export type OpenSuite = (options: SuiteOptions) => Promise<Suite>;

export interface TaskResult {
  readonly task: string;
  readonly shots: number;
  readonly chance: number;
  readonly answerer: string;
  /** Share of answers that are exactly right. */
  readonly exact: Estimate;
  /** For names: CIDEr-D against the one right name, times 100 as benchmarks print it. */
  readonly cider?: Estimate;
}

export interface EvaluationEvent {
  readonly type: "evaluated";
  readonly done: number;
  readonly total: number;
  readonly result: TaskResult;
}

/** Asks every answerer every task. */
export async function* evaluateTasks(tasks: readonly SuiteTask[], answerers: readonly Answerer[], signal?: AbortSignal): AsyncGenerator<EvaluationEvent> {
  const total = tasks.length * answerers.length;
  let done = 0;
  for (const task of tasks) {
    for (const answerer of answerers) {
      signal?.throwIfAborted();
      const asked = task.cases.slice(0, Math.max(1, Math.round(task.cases.length * answerer.share)));
      const answers = (await answerer.answer(asked)).map((answer = "") => answer.trim());
      yield { type: "evaluated", done: ++done, total, result: judge(task, answerer.name, asked, answers) };
    }
  }
}

function judge({ name, shots, chance }: SuiteTask, answerer: string, asked: readonly EvaluationCase[], answers: readonly string[]): TaskResult {
  const expected = asked.map(({ query }) => query.answer.trim());
  const result = { task: name, shots, chance, answerer, exact: proportion(answers.map((answer, i) => answer === expected[i])) };
  if (asked[0]!.choices !== undefined) return result;
  const references = captionsTokens(expected);
  const scores = cider(captionsTokens(answers).map((candidate, i) => ({ candidate, references: [references[i]!] })));
  return { ...result, cider: mean(scores.map((score) => 100 * score)) };
}
