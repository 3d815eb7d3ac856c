import { join } from "node:path";
import { type TarEntry, tarOf } from "flamingo-vlm/data";
import { writeWhole } from "flamingo-vlm/files";
import sharp from "sharp";
import { credits, evaluationConcepts, evaluationPictureSize } from "./evaluation-pictures.ts";
import type { PictureIndex } from "./picture-index.ts";
import { place, plainPlacement } from "./placement.ts";
import { openPictureIndex, type PicturesEvent, readCutout } from "./render.ts";

/**
 * Writes the pictures that results are measured on into a folder of their own, with an index in the form of the training pictures' (`pictures.json`), but on white, smaller, and all in one `pictures.tar`.
 * @param from - folder built by `flamingo data nano`
 */
export async function* packEvaluationPictures(from: string, out: string): AsyncGenerator<PicturesEvent> {
  const concepts = evaluationConcepts(await openPictureIndex(from));
  const ids = concepts.flatMap(({ pictures }) => pictures.map(({ id }) => id));
  const files: TarEntry[] = [];
  for (let i = 0; i < ids.length; i += 8) {
    yield { type: "pictures", done: i, total: ids.length };
    files.push(
      ...(await Promise.all(
        ids.slice(i, i + 8).map(async (id): Promise<TarEntry> => ({ name: `${id}.webp`, bytes: await onWhite(join(from, "pictures", `${id}.webp`)) })),
      )),
    );
  }
  await writeWhole(join(out, "pictures.tar"), tarOf(files), { makeFolders: true });
  const index: PictureIndex = { format: 1, size: evaluationPictureSize, concepts };
  await writeWhole(join(out, "pictures.json"), JSON.stringify(index), { makeFolders: true });
  await writeWhole(join(out, "CREDITS"), credits(concepts), { makeFolders: true });
  yield { type: "pictures", done: ids.length, total: ids.length };
}

async function onWhite(file: string): Promise<Uint8Array> {
  const { width, height, data } = place(await readCutout(file), plainPlacement, evaluationPictureSize);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .webp({ quality: 82, effort: 6, smartSubsample: true })
    .toBuffer();
}
