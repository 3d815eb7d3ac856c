import { computed, effect, signal } from "@preact/signals";
import { confusionOf, leaveOneOut } from "../task/leave-one-out.ts";
import { answerer } from "./connection.ts";
import { LongRun } from "./long-run.ts";
import { announcement } from "./notices.ts";
import { cards, question } from "./task-state.ts";

export interface LeftOutResult {
  readonly answers: readonly string[];
  /** How often each was said where each was right: [right][said]. */
  readonly confusion: readonly (readonly number[])[];
}

/** Of the user's own examples, as far as they can be asked about. */
const plan = computed(() => leaveOneOut({ examples: cards.value, question: question.value }));
export const canLeaveOut = computed(() => plan.value !== undefined);
export const leftOutRun = new LongRun();
export const leftOut = signal<LeftOutResult | undefined>(undefined);

// What was found belongs to the examples as they were.
effect(() => {
  void plan.value;
  leftOutRun.stop();
  leftOut.value = undefined;
});

/** Asks about each example with all the others. */
export async function leaveEachOut(): Promise<void> {
  const now = plan.peek();
  if (now === undefined) return;
  const given: { readonly right: number; readonly given: number }[] = [];
  const isWhole = await leftOutRun.each(now.questions, async ({ prompt, right }, signal) => {
    const shares = await answerer.peek().score(prompt, now.answers, signal);
    given.push({ right, given: shares.indexOf(Math.max(...shares)) });
    leftOut.value = { answers: now.answers, confusion: confusionOf(now.answers.length, given) };
  });
  if (isWhole) announcement.value = `${given.filter((each) => each.right === each.given).length} of ${given.length} right.`;
}
