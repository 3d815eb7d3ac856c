import { DataError } from "../../data/errors.ts";
import { judge, type TaskResult } from "../evaluate-tasks.ts";
import { itemMetric, type Measured, measure } from "../metrics/metric.ts";
import { proportion } from "../metrics/proportion.ts";
import { sameDigits, sameNumber, sameText, sameYesOrNo } from "../metrics/vl-icl.ts";
import type { Answer, Answered, Question } from "../question.ts";
import type { SuiteTask } from "../suite.ts";
import type { ImportedAnswers } from "./import-predictions.ts";

export interface Rescored {
  readonly result: TaskResult;
  /** The task's questions that have an answer, and the answers. */
  readonly task: SuiteTask;
  readonly answered: readonly Answered[];
  /** Questions of the task that have no answer. */
  readonly missing: number;
  /** Answers to no question of the task. */
  readonly unknown: number;
}

/**
 * Judges answers by a task's questions: by their ids, or by their places where the file knows no ids.
 * @param model - the model's answers to the task, where others are compared with them
 * @throws DataError when none of the answers is to one of the questions
 */
export function rescore(task: SuiteTask, imported: ImportedAnswers, model: readonly Answered[] = []): Rescored {
  const byId = new Map(task.cases.map(({ query }) => [String(query.id), query]));
  const found = new Map<Question, Answer>();
  let unknown = 0;
  for (const { id, place, answer } of imported.answers) {
    const question = id === undefined ? task.cases[place!]?.query : byId.get(String(id));
    if (question === undefined) unknown += 1;
    else found.set(question, withScores(answer, question));
  }
  if (found.size === 0)
    throw new DataError(`none of the ${imported.answers.length} answers is to a question of ${task.name}: they are of another split, or of another benchmark`);
  const cases = task.cases.filter(({ query }) => found.has(query));
  const answered = cases.map(({ query }): Answered => ({ question: query, answer: found.get(query)! }));
  const asked = { ...task, cases, shots: imported.shots ?? task.shots, trial: imported.trial };
  const own = new Map(model.map((each) => [each.question, each]));
  const others = cases.flatMap(({ query }) => own.get(query) ?? []);
  const result = judge(asked, imported.answerer, answered, others.length === cases.length ? others : []);
  return { result, task: asked, answered, missing: task.cases.length - found.size, unknown };
}

/** Who only names a choice prefers it. */
function withScores(answer: Answer, { choices }: Question): Answer {
  return choices === undefined || answer.scores !== undefined ? answer : { ...answer, scores: choices.map((choice) => Number(choice.trim() === answer.text)) };
}

/** When an answer is right, by what results call that. */
type Rules = Readonly<Record<string, (answer: string, expected: string) => boolean>>;

/** VL-ICL's own rules, by the names of its data sets; where the file's name does not say which, by what its answers look like. */
function rulesOf({ form, task = "", answers }: ImportedAnswers): Rules {
  if (form !== "VL-ICL") return { right: (answer, expected) => answer.toLowerCase() === expected.toLowerCase() };
  if (/operator_induction|clevr_simple/.test(task)) return { right: sameDigits, "sign-aware": sameNumber };
  const yesOrNo = answers.every(({ expected = "" }) => /^(?:yes|no)$/i.test(expected));
  return { right: yesOrNo ? sameYesOrNo : sameText };
}

/** Judges answers by what their own file says is right. @throws DataError when it does not say */
export function rescoreByTarget(imported: ImportedAnswers): TaskResult {
  const { form, task = form, shots = 0, trial, answerer, answers } = imported;
  const told = answers.filter(({ expected }) => expected !== undefined);
  if (told.length === 0) throw new DataError("the file does not say what is right: name its --benchmark and --data too");
  const share = (rule: Rules[string]): Measured => {
    const hits = told.map(({ answer, expected }) => rule(answer.text, expected!.trim()));
    return { ...measure(itemMetric("right", Number), hits), estimate: proportion(hits) };
  };
  const measures = Object.fromEntries(Object.entries(rulesOf(imported)).map(([name, rule]) => [name, share(rule)]));
  return { task, shots, trial, answerer, questions: told.length, measures };
}
