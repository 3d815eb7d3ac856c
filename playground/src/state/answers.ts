import { computed, effect, type Signal, signal } from "@preact/signals";
import type { AnswerError, ExplainedAnswer, Timing } from "../answering/answerer.ts";
import type { Prompt } from "../task/task.ts";
import { answerer, connection, lost } from "./connection.ts";
import { Latest } from "./latest.ts";
import { choices, prompt, question } from "./task-state.ts";

/** An answer as far as it has come. */
export interface Answer {
  readonly state: "none" | "waiting" | "coming" | "done" | "stopped" | "failed";
  readonly text: string;
  /** That it took. */
  readonly milliseconds?: number;
  /** Where the examples are read once. */
  readonly timing?: Timing;
  readonly error?: AnswerError;
}

/** What the choices come to with the examples, and without. */
export interface Scores {
  readonly choices: readonly string[];
  readonly withExamples: readonly number[];
  readonly withoutExamples: readonly number[] | undefined;
}

const none: Answer = { state: "none", text: "" };
/** A person who types is waited for, in milliseconds. */
const pause = 400;

export const fewShot = signal<Answer>(none);
export const zeroShot = signal<Answer>(none);
export const scores = signal<Scores | undefined>(undefined);
export const scoresError = signal<AnswerError | undefined>(undefined);
export const explanation = signal<ExplainedAnswer | undefined>(undefined);
export const explanationError = signal<AnswerError | undefined>(undefined);
export const explaining = signal(false);

/** Counts how often it was asked anew without a change. */
const asked = signal(0);
const ready = computed(() => connection.value.state === "ready");
const hasExamples = computed(() => (prompt.value?.examples.length ?? 0) > 0);
/** The same question by itself; it does not change with the examples. */
const bare = computed<Prompt | undefined>(() => {
  const { picture, text } = question.value;
  return picture === undefined || !hasExamples.value ? undefined : { examples: [], question: { picture, text: text.trim() } };
});
export const compared = computed(() => [...new Set(choices.value.map((choice) => choice.trim()).filter((choice) => choice !== ""))]);

const work = { fewShot: new Latest(), zeroShot: new Latest(), scores: new Latest(), explanation: new Latest() };

/** From now on everything that changes is answered anew. */
export function answerChanges(): void {
  effect(() => keepAnswered(fewShot, prompt.value, work.fewShot));
  effect(() => keepAnswered(zeroShot, bare.value, work.zeroShot));
  effect(keepScored);
  effect(() => {
    void prompt.value;
    forgetExplanation();
  });
}

export function askAgain(): void {
  forgetExplanation();
  asked.value += 1;
}

export function stopAnswers(): void {
  for (const [name, answer] of [
    ["fewShot", fewShot],
    ["zeroShot", zeroShot],
  ] as const) {
    work[name].end();
    if (answer.value.state === "waiting" || answer.value.state === "coming") answer.value = { ...answer.value, state: "stopped" };
  }
}

/** Asks where the model looked for each word of its answer. */
export function explain(): void {
  const [about, { text }] = [prompt.value, fewShot.value];
  if (about === undefined) return;
  explanationError.value = undefined;
  explaining.value = true;
  work.explanation.begin(0, async (signal) => {
    try {
      const explained = await answerer.peek().explain(about, text, signal);
      if (!signal.aborted) explanation.value = explained;
    } catch (error) {
      if (!signal.aborted && !lost(error)) explanationError.value = error as AnswerError;
    } finally {
      if (!signal.aborted) explaining.value = false;
    }
  });
}

export function forgetExplanation(): void {
  work.explanation.end();
  explanation.value = undefined;
  explanationError.value = undefined;
  explaining.value = false;
}

function keepAnswered(answer: Signal<Answer>, about: Prompt | undefined, latest: Latest): void {
  void asked.value;
  if (about === undefined || !ready.value) {
    latest.end();
    answer.value = none;
    return;
  }
  // What is asked first was not typed just now: the model has come, or a picture.
  const before = answer.peek().state === "none" ? 0 : pause;
  answer.value = { state: "waiting", text: "" };
  latest.begin(before, async (signal) => {
    const started = performance.now();
    let text = "";
    try {
      let timing: Timing | undefined;
      for await (const piece of answerer.peek().answer(about, signal)) {
        if (signal.aborted) return;
        text += piece.text;
        timing = piece.timing;
        answer.value = { state: "coming", text };
      }
      const milliseconds = Math.round(performance.now() - started);
      if (!signal.aborted) answer.value = { state: "done", text, milliseconds, ...(timing === undefined ? {} : { timing }) };
    } catch (error) {
      if (!signal.aborted && !lost(error)) answer.value = { state: "failed", text, error: error as AnswerError };
    }
  });
}

function keepScored(): void {
  void asked.value;
  const [about, alone, words] = [prompt.value, bare.value, compared.value];
  scoresError.value = undefined;
  if (about === undefined || words.length === 0 || !ready.value) {
    work.scores.end();
    scores.value = undefined;
    return;
  }
  work.scores.begin(pause, async (signal) => {
    try {
      const [withExamples, withoutExamples] = await Promise.all([
        answerer.peek().score(about, words, signal),
        alone === undefined ? undefined : answerer.peek().score(alone, words, signal),
      ]);
      if (!signal.aborted) scores.value = { choices: words, withExamples, withoutExamples };
    } catch (error) {
      if (signal.aborted || lost(error)) return;
      scores.value = undefined;
      scoresError.value = error as AnswerError;
    }
  });
}
