import { DataError } from "../../data/errors.ts";
import type { Answer, EvaluationCase } from "../question.ts";
import type { AskOptions, Respondent } from "./respondent.ts";

/** Leaves out what cannot be asked, such as a picture that cannot be decoded: its answer says why, and the others are asked all the same. */
export class AnswerableOnly implements Respondent {
  readonly together: number;
  readonly atOnce: number;
  private readonly respondent: Respondent;
  private readonly check: (question: EvaluationCase, options: AskOptions) => Promise<unknown>;

  /** @param check - throws a DataError when a question cannot be asked */
  constructor(respondent: Respondent, check: AnswerableOnly["check"]) {
    this.respondent = respondent;
    this.check = check;
    this.together = respondent.together;
    this.atOnce = respondent.atOnce;
  }

  async ask(questions: readonly EvaluationCase[], options: AskOptions): Promise<(Answer | undefined)[]> {
    const problems: (string | undefined)[] = [];
    for (const question of questions) problems.push(await this.problemOf(question, options));
    const answerable = questions.filter((_, i) => problems[i] === undefined);
    const answers = answerable.length === 0 ? [] : await this.respondent.ask(answerable, options);
    let next = 0;
    return problems.map((problem) => (problem === undefined ? answers[next++] : { text: "", refused: problem }));
  }

  dispose(): Promise<void> {
    return this.respondent.dispose();
  }

  private async problemOf(question: EvaluationCase, options: AskOptions): Promise<string | undefined> {
    try {
      await this.check(question, options);
      return undefined;
    } catch (error) {
      if (error instanceof DataError) return error.message;
      throw error;
    }
  }
}
