/** What a benchmark is: files in their official form become questions, and answers become the figures that papers print. */
import type { Measures } from "../metrics/metric.ts";
import type { Answer, Answered, Question } from "../question.ts";
import type { BenchmarkFiles } from "./benchmark-files.ts";

/** A benchmark whose files were read. */
export interface OpenedBenchmark {
  /** What examples are taken from. */
  readonly support: readonly Question[];
  readonly queries: readonly Question[];
  /** Whether the right answers of all of them are with an evaluation server. */
  readonly secret: boolean;
  /** Undefined where the right answers are with an evaluation server. */
  measure(answered: readonly Answered[]): Measures | undefined;
}

export interface Benchmark {
  /** As the command line has it: "vqav2". */
  readonly name: string;
  /** As papers write it: "VQAv2". */
  readonly title: string;
  /** Splits that can be asked; the first is the paper's, as far as its answers are public. */
  readonly splits: readonly [string, ...string[]];
  /** Longest answer, in tokens. 0: all questions have choices. */
  readonly maxTokens: number;
  /** Examples that fit. Default: any number. */
  readonly mostShots?: number;
  /** @throws DataError when a file is missing or of another form */
  open(files: BenchmarkFiles, split: string): Promise<OpenedBenchmark>;
  /** An answer as the evaluation server takes it. Default: `{question_id, answer}`. */
  readonly submitted?: (answered: Answered) => unknown;
}

/** A question with what its answer is judged by. */
export interface TrueQuestion<Truth> extends Question {
  /** Undefined where it is secret. */
  readonly truth: Truth | undefined;
}

export interface Judged<Truth> {
  readonly answer: Answer;
  readonly truth: Truth;
  readonly question: Question;
}

/** @param measures - judges answers, of which there is at least one */
export function opened<Truth>(
  support: readonly Question[],
  queries: readonly TrueQuestion<Truth>[],
  measures: (judged: readonly Judged<Truth>[]) => Measures,
): OpenedBenchmark {
  const truths = new Map<Question, Truth | undefined>(queries.map((question) => [question, question.truth]));
  return {
    support,
    queries,
    secret: queries.every(({ truth }) => truth === undefined),
    measure(answered) {
      const judged = answered.flatMap(({ question, answer }) => {
        const truth = truths.get(question);
        return truth === undefined ? [] : [{ question, answer, truth }];
      });
      return judged.length === 0 ? undefined : measures(judged);
    },
  };
}

/** The paper's prompt for a question. */
export function questionPrompt(question: string): string {
  return `Question: ${question} Answer:`;
}

/** The paper's prompt for everything else. */
export const outputPrompt = "Output:";
