/** Results as they are written: everything that a report says follows from them alone. */

import { modelName } from "./answerers.ts";
import type { TaskResult } from "./evaluate-tasks.ts";
import type { Estimate } from "./metrics/proportion.ts";
import type { Provenance, TaskLine } from "./predictions.ts";
import type { Answered, ShownExample, TokenUsage } from "./question.ts";
import { mediaKey } from "./shown-media.ts";
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
  readonly media: readonly string[];
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
}

export interface EvaluationResults {
  readonly format: 1;
  readonly provenance: Provenance;
  readonly tasks: readonly TaskLine[];
  readonly results: readonly WrittenResult[];
  /** What the results say, in sentences. */
  readonly findings: readonly string[];
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

/** Questions of each task that a report shows. */
const shown = 8;

/** Gathers results while they come. */
export class ResultsBuilder {
  readonly results: TaskResult[] = [];
  /** The model's answers to each task. */
  readonly answered: { readonly task: SuiteTask; readonly answered: readonly Answered[] }[] = [];
  private readonly samples = new Map<string, WrittenSample & { readonly answers: Record<string, string> }>();
  private usage: TokenUsage = { prompt: 0, answer: 0 };

  add(task: SuiteTask, result: TaskResult, answered: readonly Answered[]): void {
    this.results.push(result);
    if (result.answerer === modelName) this.answered.push({ task, answered });
    for (const [place, { answer }] of answered.slice(0, shown).entries()) {
      const sample = this.sampleOf(task, place);
      sample.answers[result.answerer] = answer.text;
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
      format: 1,
      provenance,
      tasks,
      results: this.results.map(written),
      findings,
      samples: [...this.samples.values()],
      ...(prompt + answer === 0 ? {} : { usage: { ...this.usage, ...cost } }),
    };
  }

  private sampleOf({ name, shots, trial = 0, cases }: SuiteTask, place: number): WrittenSample & { readonly answers: Record<string, string> } {
    const key = JSON.stringify([name, shots, trial, place]);
    const { shots: examples, query } = cases[place]!;
    const sample = this.samples.get(key) ?? {
      ...{ task: name, shots, trial, id: query.id },
      examples: examples.map((each) => writtenExample(each, each.prompt + each.answer)),
      asked: writtenExample(query, query.prompt),
      ...(query.choices === undefined ? {} : { choices: query.choices }),
      expected: query.answer,
      answers: {},
    };
    this.samples.set(key, sample);
    return sample;
  }
}

function writtenExample({ media }: ShownExample, text: string): WrittenExample {
  return { media: media.map(mediaKey), text };
}
