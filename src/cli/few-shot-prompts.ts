import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TokenizedDocument } from "../data/document.ts";
import { openPictures } from "../evaluate/episodes/pictures.ts";
import { image, type Medium } from "../generate/medium.ts";
import type { PromptWriter } from "../generate/prompt.ts";
import { UsageError } from "./errors.ts";

/** Few-shot prompts over the pictures that come with the package, answers included. @throws UsageError when more are wanted than there are */
export async function fewShotPrompts(count: number, writer: PromptWriter): Promise<TokenizedDocument<Medium>[]> {
  if (count === 0) return [];
  const folder = fileURLToPath(new URL("../../models/nano/evaluation", import.meta.url));
  const prompts = JSON.parse(await readFile(join(folder, "prompts.json"), "utf8")) as readonly (readonly { picture: string; text: string }[])[];
  if (count > prompts.length) throw new UsageError(`--prompts ${count}: ${prompts.length} come with the package; ask for no more`);
  const find = await openPictures(join(folder, "pictures.tar"));
  return prompts.slice(0, count).map((examples) => writer.examples(examples.map(({ picture, text }) => ({ media: image(find(`${picture}.webp`)), text }))));
}
