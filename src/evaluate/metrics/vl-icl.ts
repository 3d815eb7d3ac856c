/** When VL-ICL Bench (Zong et al., 2025) counts an answer as right: its `evals/eval.py`, rule by rule. */
import { strip } from "./python-text.ts";

/** Whether an answer is the expected one, where case does not matter. */
export function sameText(answer: string, expected: string): boolean {
  return firstStatement(answer).toLowerCase() === expected.toLowerCase();
}

/** Whether the first digits of an answer are the expected number. The official script looks for digits alone, so it never finds a negative number right. */
export function sameDigits(answer: string, expected: string): boolean {
  return (/\p{Nd}+/u.exec(firstStatement(answer))?.[0] ?? "").toLowerCase() === expected.toLowerCase();
}

/** Whether the first number of an answer is the expected one, its sign included. This is ours. */
export function sameNumber(answer: string, expected: string): boolean {
  return /[-\u2212]?\d+/.exec(firstStatement(answer))?.[0].replace("\u2212", "-") === expected;
}

/** Whether an answer says "yes" where yes is expected, or something else where no is. */
export function sameYesOrNo(answer: string, expected: string): boolean {
  const yes = firstStatement(answer).toLowerCase().includes("yes");
  const right = expected.toLowerCase();
  return right === "yes" ? yes : right === "no" && !yes;
}

/** The first line, or of one line the first sentence, without its full stop. */
function firstStatement(answer: string): string {
  const text = strip(answer);
  const line = text.indexOf("\n");
  const end = line > 0 ? line : text.indexOf(".");
  return end > 0 ? text.slice(0, end) : text;
}
