import { DataError } from "../../data/errors.ts";
import { measuresOf, type TaskResult } from "../evaluate-tasks.ts";
import { itemMetric, measure } from "../metrics/metric.ts";
import { proportion } from "../metrics/proportion.ts";
import type { Answer, Answered, Question } from "../question.ts";
import type { SuiteTask } from "../suite.ts";
import type { ImportedAnswers } from "./import-predictions.ts";

export interface Rescored {
  readonly result: TaskResult;
  /** Questions of the task that have no answer. */
  readonly missing: number;
  /** Answers to no question of the task. */
  readonly unknown: number;
}

/**
 * Judges answers by a task's questions: by their ids, or by their places where the file knows no ids.
 * @throws DataError when none of the answers is to one of the questions
 */
export function rescore(task: SuiteTask, imported: ImportedAnswers): Rescored {
  const byId = new Map(task.cases.map(({ query }) => [String(query.id), query]));
  const found = new Map<Question, Answer>();
  let unknown = 0;
  for (const { id, place, answer } of imported.answers) {
    const question = id === undefined ? task.cases[place!]?.query : byId.get(String(id));
    if (question === undefined) unknown += 1;
    else found.set(question, withScores(answer, question));
  }
  if (found.size === 0) throw new DataError(`none of the ${imported.answers.length} answers is to a question of ${task.name}: they are of another split, or of another benchmark`);
  const cases = task.cases.filter(({ query }) => found.has(query));
  const answered = cases.map(({ query }): Answered => ({ question: query, answer: found.get(query)! }));
  const { name, chance } = task;
  const result = {
    ...{ task: name, shots: imported.shots ?? task.shots, trial: imported.trial, answerer: imported.answerer, questions: answered.length },
    ...(chance === undefined ? {} : { chance }),
    measures: measuresOf({ ...task, cases }, answered),
  };
  return { result, missing: task.cases.length - found.size, unknown };
}

/** Who only names a choice prefers it. */
function withScores(answer: Answer, { choices }: Question): Answer {
  return choices === undefined || answer.scores !== undefined ? answer : { ...answer, scores: choices.map((choice) => Number(choice.trim() === answer.text)) };
}

/** Judges answers by what their own file says is right: it must be that, whatever the case of its letters. @throws DataError when the file does not say */
export function rescoreByTarget({ form, task = form, shots = 0, trial, answerer, answers }: ImportedAnswers): TaskResult {
  const told = answers.filter(({ expected }) => expected !== undefined);
  if (told.length === 0) throw new DataError("the file does not say what is right: name its --benchmark and --data too");
  const hits = told.map(({ answer, expected }) => answer.text.trim().toLowerCase() === expected!.trim().toLowerCase());
  const right = { ...measure(itemMetric("right", Number), hits), estimate: proportion(hits) };
  return { task, shots, trial, answerer, questions: told.length, measures: { right } };
}
