import { signal } from "@preact/signals";
import { PictureError, readPicture } from "../pictures/read-picture.ts";
import { csvOf } from "../task/csv.ts";
import type { Picture } from "../task/task.ts";
import { compared } from "./answers.ts";
import { answerer } from "./connection.ts";
import { LongRun } from "./long-run.ts";
import { announcement } from "./notices.ts";
import { cards, question } from "./task-state.ts";

/** A picture of the folder, and what was said. */
export interface Asked {
  readonly file: string;
  readonly picture: Picture | undefined;
  /** The answer, or why there is none. */
  readonly answer: string;
  readonly failed: boolean;
  /** How likely each of the compared choices is. */
  readonly shares: readonly number[];
  readonly milliseconds: number;
}

export const manyRun = new LongRun();
export const manyAsked = signal<readonly Asked[]>([]);
/** The choices that were compared in that table. */
export const manyChoices = signal<readonly string[]>([]);

/** Asks the question as it stands about every picture. */
export async function askMany(files: readonly File[]): Promise<void> {
  const pictures = files
    .filter(({ type, name }) => type.startsWith("image/") || /\.hei[cf]$/i.test(name))
    .toSorted((a, b) => pathOf(a).localeCompare(pathOf(b), "en", { numeric: true }));
  const examples = cards.peek().filter(({ text }) => text.trim() !== "");
  const text = question.peek().text.trim();
  const choices = compared.peek();
  manyAsked.value = [];
  manyChoices.value = choices;
  const isWhole = await manyRun.each(pictures, async (file, signal) => {
    const picture = await readPicture(file, file.name).catch((error: unknown) => {
      if (error instanceof PictureError) return error;
      throw error;
    });
    if (picture instanceof PictureError)
      return add({ file: pathOf(file), picture: undefined, answer: picture.message, failed: true, shares: [], milliseconds: 0 });
    const started = performance.now();
    const prompt = { examples, question: { picture, text } };
    let answer = "";
    for await (const piece of answerer.peek().answer(prompt, signal)) answer += piece.text;
    const milliseconds = Math.round(performance.now() - started);
    const shares = choices.length === 0 ? [] : await answerer.peek().score(prompt, choices, signal);
    add({ file: pathOf(file), picture, answer, failed: false, shares, milliseconds });
  });
  if (pictures.length === 0) manyRun.problem.value = "There is no picture among these files.";
  if (isWhole) announcement.value = `${pictures.length} pictures answered.`;
}

/** The table for other programs. */
export function manyAsCsv(): string {
  const choices = manyChoices.peek();
  const head = ["file", "answer", ...choices.map((choice) => `p(${choice})`), "milliseconds"];
  const rows = manyAsked
    .peek()
    .map(({ file, answer, failed, shares, milliseconds }) => [
      file,
      failed ? `not asked: ${answer}` : answer,
      ...choices.map((_, i) => shares[i]?.toFixed(4) ?? ""),
      failed ? "" : milliseconds,
    ]);
  return csvOf([head, ...rows]);
}

function add(asked: Asked): void {
  manyAsked.value = [...manyAsked.peek(), asked];
}

function pathOf({ webkitRelativePath, name }: File): string {
  return webkitRelativePath || name;
}
