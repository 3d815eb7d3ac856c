import { signal } from "@preact/signals";
import { PictureError, readPicture } from "../pictures/read-picture.ts";
import { labelOf, type Near, nearest } from "../task/nearest.ts";
import type { Example } from "../task/task.ts";
import { answerer } from "./connection.ts";
import { LongRun } from "./long-run.ts";
import { addExamples, cards, question } from "./task-state.ts";

/** Pictures of a folder that are looked at. */
export const mostPictures = 1000;
const together = 16;

/** What the folder holds that was looked at, each with its features. */
export const gallery = signal<readonly (Example & { readonly vector: Float32Array })[]>([]);
export const found = signal<readonly Near<Example>[]>([]);
export const count = signal(4);
export const lookRun = new LongRun();
export const searchRun = new LongRun();

/** Looks at a folder's pictures. What is said about each is the name of its folder or its own. */
export async function lookAtFolder(files: readonly File[]): Promise<void> {
  gallery.value = found.value = [];
  const pictures = files.filter(({ type }) => type.startsWith("image/")).slice(0, mostPictures);
  const batches = Array.from({ length: Math.ceil(pictures.length / together) }, (_, i) => pictures.slice(i * together, (i + 1) * together));
  await lookRun.each(batches, async (batch, signal) => {
    const examples = (await Promise.all(batch.map(exampleOf))).filter((each) => each !== undefined);
    const vectors = await answerer.peek().embed(
      examples.map(({ picture }) => picture),
      signal,
    );
    gallery.value = [...gallery.value, ...examples.map((example, i) => ({ ...example, vector: vectors[i]! }))];
  });
  if (gallery.value.length === 0 && lookRun.problem.value === "") lookRun.problem.value = "There is no picture in this folder that can be shown.";
}

/** Finds those that are most like the question's picture. */
export async function findNearest(): Promise<void> {
  const { picture } = question.peek();
  if (picture === undefined) return;
  await searchRun.each([picture], async (each, signal) => {
    const [vector] = await answerer.peek().embed([each], signal);
    const all = gallery.peek();
    found.value = nearest(
      all,
      all.map((item) => item.vector),
      vector!,
      count.peek(),
    );
  });
}

/** Makes them the examples. */
export function useNearest(): void {
  cards.value = [];
  addExamples(found.peek().map(({ item }) => item));
}

async function exampleOf(file: File): Promise<Example | undefined> {
  try {
    const label = labelOf(file.webkitRelativePath || file.name);
    const asked = question.peek().text.trim();
    return { picture: await readPicture(file, file.name), text: asked === "" ? label : `${asked} ${label}` };
  } catch (error) {
    // A folder may hold anything.
    if (error instanceof PictureError) return undefined;
    throw error;
  }
}
