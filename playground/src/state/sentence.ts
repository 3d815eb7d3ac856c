import { AnswerError } from "../answering/answerer.ts";
import { PictureError } from "../pictures/read-picture.ts";
import { TaskFileError } from "../task/task-file.ts";

/** The sentence that a failure is for people. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AnswerError || error instanceof PictureError || error instanceof TaskFileError) return error.message;
  return `Something went wrong in the page: ${error instanceof Error ? error.message : String(error)}.`;
}
