import { itemMetric, type Metric } from "../metric.ts";
import { normaliseAnswer, normaliseTextAnswer, trimAnswer } from "./normalise-answer.ts";

/** What people answered. */
export interface HumanAnswer {
  readonly answer: string;
  /** VizWiz: how sure the person was. */
  readonly confidence?: string;
  /** Which of the people, where the official file numbers them. */
  readonly person?: number;
}

export interface AnsweredQuestion {
  readonly prediction: string;
  readonly answers: readonly HumanAnswer[];
}

/**
 * The official VQA accuracy (Antol et al., 2015): with each person's answer left out in turn, right as far as three of the others agree. Answers are normalised only where people did not all say the same, as in the official script.
 */
export const vqaAccuracy: Metric<AnsweredQuestion> = itemMetric("VQA accuracy", ({ prediction, answers }) => {
  const given = answers.map(({ answer }) => trimAnswer(answer));
  const normalise = new Set(given).size > 1 ? normaliseAnswer : (answer: string) => answer;
  return leaveOneOut(normalise(trimAnswer(prediction)), given.map(normalise));
});

/**
 * As OpenFlamingo 2.0.1 computes it, for numbers that are compared with its own: answers are always normalised. It leaves out every answer that equals the one left out in all that is known of it, so where answers have no
 * number (VizWiz), agreement is worth less than officially.
 */
export const openFlamingoVqaAccuracy: Metric<AnsweredQuestion> = itemMetric("VQA accuracy (OpenFlamingo)", ({ prediction, answers }) => {
  const given = answers.map(({ answer, ...rest }) => ({ answer: normaliseAnswer(trimAnswer(answer)), ...rest }));
  const said = normaliseAnswer(trimAnswer(prediction));
  const shares = given.map((left) => {
    const others = given.filter(({ answer, confidence, person }) => answer !== left.answer || confidence !== left.confidence || person !== left.person);
    return agreement(others.filter(({ answer }) => answer === said).length);
  });
  return meanOf(shares);
});

/** TextVQA's accuracy as mmf's evaluator, which the challenge uses, computes it. */
export const textVqaAccuracy: Metric<AnsweredQuestion> = itemMetric("TextVQA accuracy", ({ prediction, answers }) =>
  leaveOneOut(
    normaliseTextAnswer(prediction),
    answers.map(({ answer }) => normaliseTextAnswer(answer)),
  ),
);

function leaveOneOut(said: string, given: readonly string[]): number {
  const matches = given.filter((answer) => answer === said).length;
  return meanOf(given.map((answer) => agreement(answer === said ? matches - 1 : matches)));
}

function agreement(people: number): number {
  return Math.min(1, people / 3);
}

function meanOf(shares: readonly number[]): number {
  if (shares.length === 0) throw new Error("VQA accuracy: a question has no answer to compare with");
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
