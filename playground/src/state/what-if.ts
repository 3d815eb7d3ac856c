import { effect, signal } from "@preact/signals";
import { type WhatIf, whatIfs } from "../task/what-if.ts";
import { fewShot } from "./answers.ts";
import { answerer } from "./connection.ts";
import { LongRun } from "./long-run.ts";
import { prompt } from "./task-state.ts";

/** Those that are switched on. */
export const switched = signal<ReadonlySet<string>>(new Set());
/** What is said with each change, by its name. */
export const changedAnswers = signal<ReadonlyMap<string, string>>(new Map());
export const whatIfRun = new LongRun();

export function switchWhatIf({ name }: WhatIf): void {
  const others = [...switched.value].filter((each) => each !== name);
  switched.value = new Set(switched.value.has(name) ? others : [...others, name]);
}

/** From now on what is switched on is asked whenever the task was answered. */
export function answerWhatIfs(): void {
  effect(() => {
    const on = switched.value;
    // The answer itself comes first.
    const about = fewShot.value.state === "done" ? prompt.peek() : undefined;
    whatIfRun.stop();
    changedAnswers.value = new Map();
    if (about === undefined || on.size === 0) return;
    const asked = whatIfs
      .filter(({ name }) => on.has(name))
      .flatMap(({ name, change }) => {
        const changed = change(about);
        return changed === undefined ? [] : [{ name, changed }];
      });
    void whatIfRun.each(asked, async ({ name, changed }, signal) => {
      let text = "";
      for await (const piece of answerer.peek().answer(changed, signal)) text += piece.text;
      changedAnswers.value = new Map([...changedAnswers.peek(), [name, text]]);
    });
  });
}
