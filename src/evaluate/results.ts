/** Results as they are written: everything that a report says follows from them alone. */

import { modelName } from "./answerers.ts";
import type { TaskResult } from "./evaluate-tasks.ts";
import type { Estimate } from "./metrics/proportion.ts";
import type { Provenance, TaskLine } from "./predictions.ts";
import type { Answered, MediaFile, ShownExample, TokenUsage } from "./question.ts";
import { chosenSamples } from "./report/chosen-samples.ts";
import { questionScores, type WrittenScores } from "./report/question-scores.ts";
import type { SuiteTask } from "./suite.ts";

/** A figure in percent, as papers print it. */
export interface WrittenFigure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** How many questions it is of. */
  readonly count: number;
}

export interface WrittenResult extends Omit<TaskResult, "measures" | "beyond"> {
  readonly measures?: Readonly<Record<string, WrittenFigure>>;
  /** How much more the model reaches on the same questions. */
  readonly beyond?: WrittenFigure;
}

interface WrittenExample {
  readonly media: readonly MediaFile[];
  readonly text: string;
}

/** One question, as it was asked and answered. */
export interface WrittenSample {
  readonly task: string;
  readonly shots: number;
  readonly trial: number;
  readonly id: string | number;
  readonly examples: readonly WrittenExample[];
  readonly asked: WrittenExample;
  readonly choices?: readonly string[];
  readonly expected: string;
  /** By answerer. */
  readonly answers: Readonly<Record<string, string>>;
  /** By answerer, by the task's first figure: 1 is all right. Without those of figures that are of all questions together. */
  readonly scores: Readonly<Record<string, number>>;
}

export interface EvaluationResults {
  readonly format: 2;
  readonly provenance: Provenance;
  readonly tasks: readonly TaskLine[];
  readonly results: readonly WrittenResult[];
  /** What the results say, in sentences. */
  readonly findings: readonly string[];
  /** The model's, question by question. */
  readonly scores: readonly WrittenScores[];
  readonly samples: readonly WrittenSample[];
  readonly usage?: TokenUsage & { readonly cost?: number };
}

/** A result without the items' own scores. */
export function written({ measures, beyond, ...result }: TaskResult): WrittenResult {
  return {
    ...result,
    ...(measures === undefined ? {} : { measures: Object.fromEntries(Object.entries(measures).map(([name, { estimate }]) => [name, inPercent(estimate)])) }),
    ...(beyond === undefined ? {} : { beyond: inPercent(beyond) }),
  };
}

export function inPercent({ value, low, high, count }: Estimate): WrittenFigure {
  return { value: 100 * value, low: 100 * low, high: 100 * high, count };
}

type OpenSample = WrittenSample & { readonly answers: Record<string, string>; readonly scores: Record<string, number> };

/** Questions of each task that are written with their answers, unless the user says. */
export const defaultSamples = 8;

/** Gathers results while they come. */
export class ResultsBuilder {
  readonly results: TaskResult[] = [];
  /** The model's answers to each task. */
  readonly answered: { readonly task: SuiteTask; readonly answered: readonly Answered[] }[] = [];
  private readonly shown: number;
  private readonly scores: WrittenScores[] = [];
  private readonly samples = new Map<string, ReadonlyMap<number, OpenSample>>();
  private usage: TokenUsage = { prompt: 0, answer: 0 };

  /** @param shown - questions of each task that are written with their answers */
  constructor(shown = defaultSamples) {
    this.shown = shown;
  }

  /** The model's result of a task comes before those of what it is compared with. */
  add(task: SuiteTask, result: TaskResult, answered: readonly Answered[]): void {
    const { answerer, measures = {} } = result;
    const [figure, measured] = Object.entries(measures)[0] ?? [];
    // A figure may be of some of the questions alone.
    const scores = measured?.scores?.length === answered.length ? measured.scores : undefined;
    const key = JSON.stringify([task.name, task.shots, task.trial ?? 0]);
    this.results.push(result);
    if (answerer === modelName) {
      this.answered.push({ task, answered });
      const { name, shots, trial = 0 } = task;
      if (figure !== undefined) this.scores.push({ task: name, shots, trial, figure, ...questionScores(measured!, answered) });
      this.samples.set(key, new Map(chosenSamples(answered.length, scores, this.shown).map((place) => [place, opened(task, place)])));
    }
    for (const [place, sample] of this.samples.get(key) ?? []) {
      const given = answered[place];
      if (given === undefined) continue;
      sample.answers[answerer] = given.answer.text;
      if (scores !== undefined) sample.scores[answerer] = scores[place]!;
    }
    for (const { answer } of answered) {
      const { prompt = 0, answer: said = 0 } = answer.usage ?? {};
      this.usage = { prompt: this.usage.prompt + prompt, answer: this.usage.answer + said };
    }
  }

  /** @param price - of a million tokens, of prompts and of answers */
  whole(provenance: Provenance, tasks: readonly TaskLine[], findings: readonly string[], price: TokenUsage | undefined): EvaluationResults {
    const { prompt, answer } = this.usage;
    const cost = price === undefined ? {} : { cost: (prompt * price.prompt + answer * price.answer) / 1e6 };
    return {
      format: 2,
      provenance,
      tasks,
      results: this.results.map(written),
      findings,
      scores: this.scores,
      samples: [...this.samples.values()].flatMap((of) => [...of.values()]),
      ...(prompt + answer === 0 ? {} : { usage: { ...this.usage, ...cost } }),
    };
  }
}

function opened({ name, shots, trial = 0, cases }: SuiteTask, place: number): OpenSample {
  const { shots: examples, query } = cases[place]!;
  return {
    ...{ task: name, shots, trial, id: query.id },
    examples: examples.map((each) => writtenExample(each, each.prompt + each.answer)),
    asked: writtenExample(query, query.prompt),
    ...(query.choices === undefined ? {} : { choices: query.choices }),
    expected: query.answer,
    answers: {},
    scores: {},
  };
}

function writtenExample({ media }: ShownExample, text: string): WrittenExample {
  return { media, text };
}
