import { readyTasks } from "virtual:ready-tasks";
import { signal } from "@preact/signals";
import { openTask } from "../task/task-file.ts";
import { taskProblem } from "./notices.ts";
import { sentenceOf } from "./sentence.ts";
import { cards, question, showTask } from "./task-state.ts";

/** The place of the ready task that was shown last. */
export const shownReady = signal<number | undefined>(undefined);

export async function showReady(place: number): Promise<void> {
  const ready = readyTasks[place]!;
  taskProblem.value = "";
  try {
    showTask(await openTask(ready, ready.title));
    shownReady.value = place;
  } catch (error) {
    taskProblem.value = sentenceOf(error);
  }
}

/** Whoever comes sees at once what this is: the first task with two examples in words that nobody can know. */
export async function showFirstTask(): Promise<void> {
  const untouched = cards.value.length === 0 && question.value.picture === undefined;
  const first = readyTasks.findIndex(({ examples }) => examples.length === 2 && examples.every(({ text }) => /^an? \w+$/.test(text)));
  if (untouched) await showReady(Math.max(0, first));
}
