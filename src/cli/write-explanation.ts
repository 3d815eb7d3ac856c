import { extname } from "node:path";
import { loadPicture } from "../data/image.ts";
import type { Picture } from "../data/picture.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import { type Explanation, type Flamingo, type Look, type Medium, type Prompt, Template } from "../index.ts";
import { UsageError } from "./errors.ts";
import { explanationPage } from "./explanation-page.ts";
import { contactSheet, heatedPicture, heatPicture, shownPicture } from "./heat-map.ts";

/** @throws UsageError when the file's name does not say what it is to be */
export function checkExplanationFile(file: string): void {
  if (![".html", ".png"].includes(extname(file).toLowerCase()))
    throw new UsageError(`--explain ${file}: the name must end in .html (a page, by layer too) or .png (one picture)`);
}

/** Shows where the model looked for each word of an answer: a page, or one picture with a column for each word and a row for each picture that was seen. */
export async function writeExplanation(file: string, model: Flamingo, prompt: Prompt, answer: readonly number[], maxPixels: number | undefined): Promise<void> {
  const explanation = await model.explain(prompt, answer);
  const media = mediaOf(prompt);
  const { background } = model.folder.preprocessing;
  const read = (source: Medium["frames"][number]): Promise<Picture> => loadPicture(source, { background, ...(maxPixels === undefined ? {} : { maxPixels }) });
  /** [media][frames] */
  const shown = await Promise.all(
    explanation.media.map(({ index }) => Promise.all(media[index]!.frames.map(async (frame) => shownPicture(await read(frame))))),
  );
  const content =
    extname(file).toLowerCase() === ".png"
      ? await sheet(explanation, shown)
      : await explanationPage(explanation, { pictures: shown.map((frames) => frames.map(dataUrl)), heat });
  await writeWhole(file, content, { makeFolders: true });
}

/** The prompt's media in order, but for those of a support set. */
function mediaOf(prompt: Prompt): Medium[] {
  return prompt.flatMap((piece): readonly Medium[] => {
    if (typeof piece === "string") return [];
    if (piece instanceof Template) return piece.media;
    if ("frames" in piece) return [piece];
    return "media" in piece ? [piece.media].flat() : [];
  });
}

/** Data URLs of the maps of a look, by frame. */
async function heat({ map }: Look): Promise<string[]> {
  return Promise.all(map.map(async (frame) => dataUrl(await heatPicture(frame, Math.max(...map.flat(2))))));
}

async function sheet({ words, media }: Explanation, shown: readonly (readonly Buffer[])[]): Promise<Buffer> {
  const rows = media.flatMap(({ frames }, medium) =>
    frames.map((described, frame) =>
      words.map(async ({ media: looks }) => {
        const { map } = looks[medium]!.average;
        return heatedPicture(shown[medium]![frame]!, await heatPicture(map[frame]!, Math.max(...map.flat(2))), described);
      }),
    ),
  );
  return contactSheet(await Promise.all(rows.map((row) => Promise.all(row))));
}

function dataUrl(png: Buffer): string {
  return `data:image/png;base64,${png.toString("base64")}`;
}
