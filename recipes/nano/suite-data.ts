/** `flamingo data nano/suite-data`: writes other questions, or more of them, about the pictures that come with nano: `--suite FOLDER/episodes.json` asks them. */
import { copyFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { PrepareData } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import * as z from "zod";
import { openPictureIndex } from "./drawings/render.ts";
import { nanoPictures, nanoTasks } from "./evaluation/tasks.ts";
import { writeEpisodes } from "./evaluation/write-episodes.ts";

const optionsConfig = z.strictObject({
  seed: z.number().int().nonnegative().default(2),
  /** Of each task. */
  questions: z.number().int().positive().default(240),
  out: z.string().default("data/nano-suite"),
});

const shipped = fileURLToPath(new URL("models/nano/evaluation", import.meta.resolve("flamingo-vlm/package.json")));

const prepare: PrepareData = async (options) => {
  const { seed, questions, out } = parseConfig(optionsConfig, options, "nano's questions");
  const tasks = nanoTasks(nanoPictures(await openPictureIndex(shipped)), questions, seed);
  await writeEpisodes(tasks, out);
  await copyFile(join(shipped, "pictures.tar"), join(out, "pictures.tar"));
  return { suite: resolve(out, "episodes.json"), tasks: tasks.length, questions };
};
export default prepare;
