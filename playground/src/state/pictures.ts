import { PictureError, readPicture } from "../pictures/read-picture.ts";
import type { Picture } from "../task/task.ts";
import { readTask } from "../task/task-file.ts";
import { askMany } from "./many-questions.ts";
import { lookAtFolder } from "./nearest.ts";
import { announcement, examplesProblem, questionProblem, taskProblem } from "./notices.ts";
import { sentenceOf } from "./sentence.ts";
import { addExamples, askAbout, showTask } from "./task-state.ts";

/** The card whose text is to be written next. */
export let cardToWrite: number | undefined;
export function written(): void {
  cardToWrite = undefined;
}

/** Files that came from anywhere, to where they came: a task is opened whatever takes it. */
export async function takeFiles(files: readonly File[], taker: Taker): Promise<void> {
  const task = files.find((file) => file.type === "application/json" || file.name.endsWith(".json"));
  if (task !== undefined) return openFile(task);
  await takers[taker](files);
}

/** Parts of the screen that take files. */
const takers = {
  examples: addFiles,
  question: ([file]: readonly File[]) => askAboutFile(file!),
  folder: lookAtFolder,
  many: askMany,
} as const;

export type Taker = keyof typeof takers;

export function isTaker(name: string | undefined): name is Taker {
  return name !== undefined && Object.hasOwn(takers, name);
}

export async function openFile(file: File): Promise<void> {
  taskProblem.value = "";
  try {
    const opened = await readTask(file);
    showTask(opened);
    examplesProblem.value = questionProblem.value = "";
    announcement.value = `Opened ${opened.title || file.name}: ${opened.examples.length} examples.`;
  } catch (error) {
    taskProblem.value = sentenceOf(error);
  }
}

/** Those that can be shown become cards; of the others it is said why not. */
async function addFiles(files: readonly File[]): Promise<void> {
  const read = await Promise.all(files.map((file) => attempt(file)));
  const ids = addExamples(read.filter((each) => typeof each !== "string").map((picture) => ({ picture, text: "" })));
  examplesProblem.value = read.filter((each) => typeof each === "string").join(" ");
  if (ids.length === 0) return;
  cardToWrite = ids[0];
  announcement.value = `${ids.length} ${ids.length === 1 ? "example" : "examples"} added.`;
}

async function askAboutFile(file: File): Promise<void> {
  const picture = await attempt(file);
  questionProblem.value = typeof picture === "string" ? picture : "";
  if (typeof picture !== "string") askAbout(picture);
}

async function attempt(file: File): Promise<Picture | string> {
  try {
    return await readPicture(file, file.name);
  } catch (error) {
    if (error instanceof PictureError) return error.message;
    throw error;
  }
}
