import { itemMetric } from "./metric.ts";
import { strip } from "./python-text.ts";

/** An answer in words beside the right one. */
export interface SaidAnswer {
  readonly prediction: string;
  readonly answer: string;
}

/** Whether the answer is the right one in lower case: MSVD-QA and MSRVTT-QA, whose answers are single words of a closed list. A model that writes is compared by what it writes. */
export const exactMatch = itemMetric<SaidAnswer>("accuracy", ({ prediction, answer }) => Number(plain(prediction) === plain(answer)));

/** iVQA's accuracy (Yang et al., 2021): right when two of five people said so, half right when one did. */
export const ivqaAccuracy = itemMetric<{ readonly prediction: string; readonly answers: readonly string[] }>("iVQA accuracy", ({ prediction, answers }) =>
  Math.min(1, answers.filter((answer) => plain(answer) === plain(prediction)).length / 2),
);

function plain(answer: string): string {
  return strip(answer).toLowerCase();
}
