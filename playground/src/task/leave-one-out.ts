import { type Example, type Prompt, saidAfter, saidIn, type Task } from "./task.ts";

/** An example that is asked about, with all the others before it. */
export interface LeftOut {
  readonly prompt: Prompt;
  /** What is right, as a place among the answers. */
  readonly right: number;
}

export interface LeaveOneOut {
  /** All that the examples say, each once. */
  readonly answers: readonly string[];
  readonly questions: readonly LeftOut[];
}

/** @returns undefined where nothing can be learnt from it: fewer than two answers, or none that is said of two examples */
export function leaveOneOut({ examples, question: { text } }: Pick<Task, "examples" | "question">): LeaveOneOut | undefined {
  const asked = text.trim();
  const shown: readonly Example[] = examples.filter((example) => example.text.trim() !== "");
  const answers = saidIn({ examples: shown, question: { text } });
  if (answers.length < 2 || answers.length === shown.length) return undefined;
  const questions = shown.map((example, i) => ({
    prompt: { examples: shown.toSpliced(i, 1), question: { picture: example.picture, text: example.text.trim().startsWith(asked) ? asked : "" } },
    right: answers.indexOf(saidAfter(asked, example.text)),
  }));
  return { answers, questions };
}

/** How often each answer was given where each was right: [right][given]. */
export function confusionOf(answers: number, given: readonly { readonly right: number; readonly given: number }[]): readonly (readonly number[])[] {
  const table = Array.from({ length: answers }, () => new Array<number>(answers).fill(0));
  for (const each of given) table[each.right]![each.given]! += 1;
  return table;
}
