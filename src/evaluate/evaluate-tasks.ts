/** The one way in which questions are asked: tasks, those that answer them, and the figures that this comes to. */
import { modelName } from "./answerers.ts";
import { asCompleted } from "./as-completed.ts";
import { captionsTokens } from "./metrics/caption-tokens.ts";
import { ciderMetric } from "./metrics/cider.ts";
import { itemMetric, type Measures, measure, pairedDifference } from "./metrics/metric.ts";
import { type Estimate, proportion } from "./metrics/proportion.ts";
import type { Answer, Answered, Answerer, EvaluationCase, Question, Ranking } from "./question.ts";
import type { RunLog } from "./run-log.ts";
import type { SuiteTask } from "./suite.ts";

export interface TaskResult {
  readonly task: string;
  readonly shots: number;
  readonly trial: number;
  readonly textExamples?: number;
  readonly chance?: number;
  readonly answerer: string;
  readonly questions: number;
  /** How often choices were ranked in which way, where a server did it. */
  readonly ranked?: Readonly<Partial<Record<Ranking, number>>>;
  /** Questions that a server would not answer. */
  readonly refused?: number;
  /** Undefined where the right answers are with an evaluation server. */
  readonly measures: Measures | undefined;
  /** How much more the model reaches on the same questions, by the first figure. */
  readonly beyond?: Estimate;
}

export type EvaluationEvent =
  | { readonly type: "answered"; readonly task: SuiteTask; readonly answerer: string; readonly done: number; readonly total: number }
  | { readonly type: "result"; readonly task: SuiteTask; readonly result: TaskResult; readonly answered: readonly Answered[] };

export interface EvaluateOptions {
  /** Where answers are kept as they come; those that are there are not asked for again. */
  readonly log?: RunLog | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks every task's answerers, the model first. */
export async function* evaluateTasks(
  tasks: Iterable<SuiteTask> | AsyncIterable<SuiteTask>,
  answerersOf: (task: SuiteTask) => readonly Answerer[],
  { log, signal }: EvaluateOptions = {},
): AsyncGenerator<EvaluationEvent> {
  for await (const task of tasks) {
    await log?.begin(task);
    let model: readonly Answered[] = [];
    for (const answerer of answerersOf(task)) {
      const asked = task.cases.slice(0, Math.max(1, Math.round(task.cases.length * answerer.share)));
      const answers = new Map<number, Answer>();
      for await (const [place, answer] of answersOf(task, answerer, asked, { log, signal })) {
        answers.set(place, answer);
        yield { type: "answered", task, answerer: answerer.name, done: answers.size, total: asked.length };
      }
      const answered = asked.map(({ query }, place) => ({ question: query, answer: answers.get(place)! }));
      if (answerer.name === modelName) model = answered;
      yield { type: "result", task, result: judge(task, answerer.name, answered, model.slice(0, asked.length)), answered };
    }
  }
}

/** Answers with the places of their questions, as they come. */
async function* answersOf(
  task: SuiteTask,
  { name, together, atOnce = 1, answer }: Answerer,
  asked: readonly EvaluationCase[],
  { log, signal }: EvaluateOptions,
): AsyncGenerator<[place: number, answer: Answer]> {
  const size = together ?? asked.length;
  const known = log?.known(task, name) ?? new Map<number, Answer>();
  const units = Array.from({ length: Math.ceil(asked.length / size) }, (_, i) => i * size);
  // What is asked together is asked again together, so that every answer is what it would have been.
  const missing = units.filter((start) => asked.slice(start, start + size).some((_, i) => !known.has(start + i)));
  const again = new Set(missing);
  for (const start of units.filter((each) => !again.has(each))) {
    for (let place = start; place < Math.min(start + size, asked.length); place++) yield [place, known.get(place)!];
  }
  const answers = asCompleted(missing, atOnce, signal, async (start, given) => {
    const questions = asked.slice(start, start + size);
    const found = (await answer(questions, given)).map((each, i) => ({ place: start + i, answer: completed(each, questions[i]!.query) }));
    await log?.append(task, name, found);
    return found;
  });
  for await (const found of answers) for (const each of found) yield [each.place, each.answer];
}

/** The logarithm of next to nothing, where JSON has no -Infinity; OpenAI's servers have the same. */
const veryUnlikely = -9999;

/** Nothing that was said is an answer too; and who only names a choice prefers it. */
function completed(answer: Answer = { text: "" }, { choices }: Question): Answer {
  const text = answer.text.trim();
  const scores = answer.scores?.map((score) => Math.max(veryUnlikely, score)) ?? choices?.map((choice) => Number(choice.trim() === text));
  return { ...answer, text, ...(scores === undefined ? {} : { scores }) };
}

/** What answers to a task's questions, or to the first of them, come to. @param model - what the model answered to the same questions; none: nothing is compared with it */
export function judge(task: SuiteTask, answerer: string, answered: readonly Answered[], model: readonly Answered[]): TaskResult {
  const { name, shots, trial = 0, textExamples, chance } = task;
  const measures = measuresOf(task, answered);
  const result = {
    task: name,
    shots,
    trial,
    ...(textExamples === undefined ? {} : { textExamples }),
    ...(chance === undefined ? {} : { chance }),
    answerer,
    questions: answered.length,
    ...asServed(answered),
    measures,
  };
  if (measures === undefined || answerer === modelName || model.length === 0) return result;
  const [own] = Object.values(measures);
  const [others] = Object.values(measuresOf(task, model) ?? {});
  return own === undefined || others === undefined ? result : { ...result, beyond: pairedDifference(others, own) };
}

function asServed(answered: readonly Answered[]): Pick<TaskResult, "ranked" | "refused"> {
  const refused = answered.filter(({ answer }) => answer.refused !== undefined).length;
  const ranked = Map.groupBy(
    answered.filter(({ answer }) => answer.ranked !== undefined),
    ({ answer }) => answer.ranked!,
  );
  return {
    ...(ranked.size === 0 ? {} : { ranked: Object.fromEntries([...ranked].map(([way, of]) => [way, of.length])) }),
    ...(refused === 0 ? {} : { refused }),
  };
}

/** The figures of answers to a task's questions, or to the first of them. */
export function measuresOf(task: SuiteTask, answered: readonly Answered[]): Measures | undefined {
  const { isRight = isExpected, counts = {} } = task;
  if (task.measure !== undefined) return task.measure(answered);
  const share = (holds: (answer: string, question: EvaluationCase) => boolean) => {
    const hits = answered.map(({ answer }, i) => holds(answer.text, task.cases[i]!));
    return { ...measure(itemMetric("share", Number), hits), estimate: proportion(hits) };
  };
  const measures = { right: share(isRight), ...Object.fromEntries(Object.entries(counts).map(([what, holds]) => [what, share(holds)])) };
  // Words are compared with the one expected name only where no other is right.
  if (answered[0]!.question.choices !== undefined || task.isRight !== undefined) return measures;
  const references = captionsTokens(answered.map(({ question }) => question.answer.trim()));
  const candidates = captionsTokens(answered.map(({ answer }) => answer.text));
  const pairs = candidates.map((candidate, i) => ({ candidate, references: [references[i]!] }));
  return { ...measures, CIDEr: measure(ciderMetric, pairs) };
}

function isExpected(answer: string, { query }: EvaluationCase): boolean {
  return answer === query.answer.trim();
}
