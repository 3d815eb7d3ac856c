import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TokenizedDocument } from "../data/document.ts";
import { openPictureIndex } from "../data/nano/platform/node-pictures.ts";
import { nanoPictures, nanoTasks } from "../evaluate/nano/suite.ts";
import { image, type Medium } from "../generate/medium.ts";
import type { PromptWriter } from "../generate/prompt.ts";

/** Few-shot prompts over the pictures that come with the package, answers included: questions of every task of the nano suite in turn. */
export async function fewShotPrompts(count: number, writer: PromptWriter): Promise<TokenizedDocument<Medium>[]> {
  if (count === 0) return [];
  const folder = fileURLToPath(new URL("../../models/nano/evaluation", import.meta.url));
  const tasks = nanoTasks(nanoPictures(await openPictureIndex(folder)), Math.ceil(count / 4), 1);
  return Array.from({ length: count }, (_, i) => {
    const { cases } = tasks[i % tasks.length]!;
    const { shots, query } = cases[Math.floor(i / tasks.length) % cases.length]!;
    const examples = [...shots, query].map(({ picture, prompt, answer }) => ({
      media: image(join(folder, "pictures", `${picture.id}.webp`)),
      text: prompt + answer,
    }));
    return writer.examples(examples);
  });
}
