/** How questions reach those that answer them: in units, each asked in one call and recorded as a whole. */
import { asCompleted } from "./as-completed.ts";
import type { Answer, Answerer, EvaluationCase, Question } from "./question.ts";
import type { RunLog } from "./run-log.ts";
import type { SuiteTask } from "./suite.ts";

export interface AskingOptions {
  /** Where answers are kept as they come; those that are there are not asked for again. */
  readonly log?: RunLog | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A task's questions to one that answers. */
export interface Asking {
  readonly task: SuiteTask;
  readonly answerer: Answerer;
  /** The first so many of the task's. */
  readonly asked: readonly EvaluationCase[];
  /** Questions in a unit; the last one may have fewer. */
  readonly size: number;
  /** Units that are to be asked here, from one and up to another. */
  readonly units: readonly [from: number, to: number];
}

/** All that an answerer is asked of a task. */
export function askingOf(task: SuiteTask, answerer: Answerer): Asking {
  const asked = task.cases.slice(0, Math.max(1, Math.round(task.cases.length * answerer.share)));
  const size = answerer.together ?? asked.length;
  return { task, answerer, asked, size, units: [0, Math.ceil(asked.length / size)] };
}

/** Answers with the places of their questions, as they come. */
export async function* answersTo(
  { task, answerer: { name, atOnce = 1, answer }, asked, size, units: [from, to] }: Asking,
  { log, signal }: AskingOptions,
): AsyncGenerator<[place: number, answer: Answer]> {
  const known = log?.known(task, name) ?? new Map<number, Answer>();
  const units = Array.from({ length: to - from }, (_, i) => (from + i) * size);
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
