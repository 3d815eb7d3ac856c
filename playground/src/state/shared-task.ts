import { smaller } from "../pictures/read-picture.ts";
import type { Picture, Task } from "../task/task.ts";
import { openTask, writeTask } from "../task/task-file.ts";
import { linkOf, longestLink, taskInLink } from "../task/task-link.ts";
import { announcement, taskProblem } from "./notices.ts";
import { sentenceOf } from "./sentence.ts";
import { showTask, task } from "./task-state.ts";

/** Pictures of a link, the largest first that fit: longest edge in pixels, and quality. No model sees more than the first. */
const sizes = [
  [384, 0.8],
  [256, 0.75],
  [192, 0.6],
] as const;

/** A link to the task as it stands. @returns undefined where it is too large for one */
export async function linkToTask(): Promise<string | undefined> {
  for (const [edge, quality] of sizes) {
    const link = await linkOf(document.baseURI, writeTask(await withPictures(task.peek(), (picture) => smaller(picture, edge, quality))));
    if (link.length <= longestLink) return link;
  }
  return undefined;
}

/** Opens the task that the page's address holds. @returns whether there was one, whole or not */
export async function openSharedTask(): Promise<boolean> {
  try {
    const written = await taskInLink(location.hash);
    if (written === undefined) return false;
    showTask(await openTask(written, "This link"));
    announcement.value = `Opened ${written.title ?? "the task of the link"}: ${written.examples.length} examples.`;
    // What is changed from now on is no longer what the address says.
    history.replaceState(undefined, "", location.pathname + location.search);
  } catch (error) {
    taskProblem.value = sentenceOf(error);
  }
  return true;
}

async function withPictures({ title, examples, question, choices }: Task, change: (picture: Picture) => Promise<Picture>): Promise<Task> {
  return {
    title,
    examples: await Promise.all(examples.map(async ({ picture, text }) => ({ picture: await change(picture), text }))),
    question: { text: question.text, picture: question.picture === undefined ? undefined : await change(question.picture) },
    choices,
  };
}
