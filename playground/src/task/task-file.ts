import * as z from "zod/mini";
import { PictureError, pictureAt } from "../pictures/read-picture.ts";
import type { Picture, Task, WrittenTask } from "./task.ts";

const format = "flamingo-task";
const version = 1;
/** Larger than any task that a server takes. */
const largest = 64_000_000;

/** Why a file is no task, as a sentence for people. */
export class TaskFileError extends Error {
  override readonly name = "TaskFileError";
}

const text = z.string("must be a text");
const picture = z.string("must be a picture as a data URL").check(z.startsWith("data:image/", "must be a picture as a data URL (data:image/…)"));
const example = z.strictObject({ picture, text }, "must be an example: a picture and a text");
const written = z.strictObject(
  {
    format: z.literal(format),
    version: z.literal(version),
    title: z.optional(text),
    examples: z.array(example, "must be a list of examples"),
    question: z.strictObject({ picture: z.optional(picture), text }, "must be a question: a picture and a text"),
    choices: z.array(text, "must be a list of texts"),
  },
  "must be an object",
);

/** A task as the content of a file, pictures inside. */
export function writeTask({ title, examples, question, choices }: Task): string {
  const content: z.output<typeof written> = {
    format,
    version,
    ...(title === "" ? {} : { title }),
    examples: examples.map((each) => ({ picture: each.picture.url, text: each.text })),
    question: { ...(question.picture === undefined ? {} : { picture: question.picture.url }), text: question.text },
    choices: [...choices],
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** @throws TaskFileError that says what is wrong with it */
export async function readTask(file: File): Promise<Task> {
  if (file.size > largest)
    throw new TaskFileError(`${file.name} is too large for a task: it has ${megabytes(file.size)}, and ${megabytes(largest)} is the most.`);
  return openTask(parseTask(await file.text(), file.name), file.name);
}

/** Reads the pictures that a written task names. @throws TaskFileError */
export async function openTask({ title = "", examples, question, choices }: WrittenTask, name: string): Promise<Task> {
  const open = async (address: string, place: string): Promise<Picture> => {
    try {
      return await pictureAt(address, "it");
    } catch (error) {
      if (error instanceof PictureError) throw new TaskFileError(`${name}: ${place} cannot be shown: ${error.message}`);
      throw error;
    }
  };
  return {
    title,
    examples: await Promise.all(examples.map(async (each, i) => ({ picture: await open(each.picture, `the picture of example ${i + 1}`), text: each.text }))),
    question: { picture: question.picture === undefined ? undefined : await open(question.picture, "the picture of the question"), text: question.text },
    choices,
  };
}

/** @throws TaskFileError */
export function parseTask(content: string, name: string): WrittenTask {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw new TaskFileError(`${name} is no task that was saved here: it is not JSON.`);
  }
  if (typeof json !== "object" || json === null || !("format" in json) || json.format !== format)
    throw new TaskFileError(`${name} is no task that was saved here: choose a file that “Save” wrote.`);
  if (!("version" in json) || typeof json.version !== "number") throw new TaskFileError(`${name} does not say its version.`);
  if (json.version > version)
    throw new TaskFileError(`${name} is of version ${json.version}, and this page knows version ${version} only: it was saved by a newer one.`);
  const { success, data, error } = written.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  const place = issue!.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  const what = issue!.code === "unrecognized_keys" ? `has ${issue!.keys.map((key) => `“${key}”`).join(", ")}, which means nothing here` : issue!.message;
  throw new TaskFileError(`${name}: ${place === "" ? "the task" : place.replace(/^\./, "")} ${what}.`);
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}
