/**
 * `flamingo data nano/evaluation-data`: writes what comes with nano to measure it on, from what `flamingo data nano` has built: held-out pictures, the questions about them, and the prompts that
 * `flamingo convert` compares models on.
 */
import { glob, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { PrepareData } from "flamingo-vlm/data";
import { openPictures } from "flamingo-vlm/evaluate";
import { writeWhole } from "flamingo-vlm/files";
import { parseConfig } from "flamingo-vlm/model";
import * as z from "zod";
import type { PictureIndex } from "./drawings/picture-index.ts";
import { openPictureIndex } from "./drawings/render.ts";
import { packEvaluationPictures } from "./drawings/write-evaluation-pictures.ts";
import { nanoPictures, nanoTasks } from "./evaluation/tasks.ts";
import { writeEpisodes } from "./evaluation/write-episodes.ts";

const optionsConfig = z.strictObject({
  folder: z.string().default("data/nano"),
  out: z.string().default("models/nano/evaluation"),
  /** Drawings that are there as files of their own, for examples: those that are, are written anew. */
  drawings: z.string().default("models/nano/drawings"),
});

/** Of each task. */
const questions = 240;
const seed = 1;

/** Prompts of each task of the suite, one after the other. */
const promptsOfTask = 4;

const prepare: PrepareData = async (options, show, signal) => {
  const { folder, out, drawings } = parseConfig(optionsConfig, options, "nano's evaluation pictures");
  for await (const { done, total } of packEvaluationPictures(resolve(folder), resolve(out))) {
    signal.throwIfAborted();
    show(`pictures ${done}/${total}`, done === total);
  }
  const find = await openPictures(join(out, "pictures.tar"));
  for await (const file of glob("*/*.webp", { cwd: drawings })) await writeWhole(join(drawings, file), find(file.replaceAll("\\", "/")) as Uint8Array);
  const index = await openPictureIndex(out);
  await writeEpisodes(nanoTasks(nanoPictures(index), questions, seed), out);
  const prompts = fewShotPrompts(index);
  await writeFile(join(out, "prompts.json"), `${JSON.stringify(prompts)}\n`);
  return { out: resolve(out), concepts: index.concepts.length, questions, prompts: prompts.length };
};
export default prepare;

/** Few-shot prompts, answers included, each a list of pictures with what is said of them. */
export function fewShotPrompts(index: PictureIndex): readonly { readonly picture: string; readonly text: string }[][] {
  const tasks = nanoTasks(nanoPictures(index), promptsOfTask, 1);
  return Array.from({ length: promptsOfTask }, (_, i) =>
    tasks.map(({ cases }) => {
      const { shots, query } = cases[i]!;
      return [...shots, query].map(({ media, prompt, answer }) => ({ picture: media[0]!.path, text: prompt + answer }));
    }),
  ).flat();
}
