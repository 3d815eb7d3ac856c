import { sameDigits, sameNumber, sameText, sameYesOrNo } from "../metrics/vl-icl.ts";
import type { EvaluationCase } from "../question.ts";
import type { SuiteTask } from "../suite.ts";

/** @param expected - without blanks at its ends */
type Rule = (answer: string, expected: string) => boolean;

interface Judge {
  /** Default: an answer is right that is the expected one to the letter. */
  readonly isRight?: Rule;
  /** What is counted besides. */
  readonly counts?: Readonly<Record<string, Rule>>;
}

/** What makes an answer of an episode right. */
export const judges = {
  exact: {},
  /** The first line or sentence, whatever its case. */
  text: { isRight: sameText },
  /** The first digits, as the official script of VL-ICL Bench has it; beside that, with the sign. */
  number: { isRight: sameDigits, counts: { "sign-aware": sameNumber } },
  "yes or no": { isRight: sameYesOrNo },
} satisfies Readonly<Record<string, Judge>>;

export type JudgeName = keyof typeof judges;

/** How answers of a task are judged. @param rightAnswers - of each question, all that are right */
export function judgedBy(name: JudgeName, rightAnswers: ReadonlyMap<EvaluationCase, readonly string[]>): Pick<SuiteTask, "isRight" | "counts"> {
  const { isRight, counts = {} }: Judge = judges[name];
  const any = (rule: Rule) => (answer: string, question: EvaluationCase) => rightAnswers.get(question)!.some((expected) => rule(answer, expected));
  const several = [...rightAnswers.values()].some(({ length }) => length > 1);
  return {
    // A suite looks for the expected answer by itself.
    ...(isRight === undefined && !several ? {} : { isRight: any(isRight ?? ((answer, expected) => answer === expected.trim())) }),
    ...(Object.keys(counts).length === 0 ? {} : { counts: Object.fromEntries(Object.entries(counts).map(([what, rule]) => [what, any(rule)])) }),
  };
}
