import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { expect, test } from "vitest";
import { openPictureIndex } from "../../../recipes/nano/drawings/render.ts";
import { drawingStyle } from "../../../recipes/nano/drawings/styles.ts";
import { splitOf } from "../../../recipes/nano/things/split.ts";
import { fileSource as openFile } from "../../../src/data/platform/node-file.ts";
import { BlockReader } from "../../../src/data/samples/block-reader.ts";
import { tarFiles } from "../../../src/data/samples/tar.ts";
import { openPictures } from "../../../src/evaluate/evaluate.ts";

const folder = fileURLToPath(new URL("../../../models/nano/evaluation", import.meta.url));
const { concepts, size } = await openPictureIndex(folder);
const pictures = concepts.flatMap((concept) => concept.pictures.map((picture) => ({ ...picture, concept })));

test("nothing shipped for results was trained on, and nothing is share-alike", () => {
  for (const { concept, style } of pictures) {
    expect(concept.part, concept.id).toBe(splitOf(concept.group));
    const { use, licence } = drawingStyle(style);
    expect(concept.part === "heldOut" || use === "heldOut", `${concept.id} in ${style}`).toBe(true);
    expect(licence).not.toContain("SA");
  }
});

test("enough is there for the results: five shots of emoji, eight of pictograms", () => {
  const families = (concept: (typeof concepts)[number]): number => new Set(concept.pictures.map(({ style }) => drawingStyle(style).family)).size;
  const heldOut = concepts.filter(({ part }) => part === "heldOut");
  expect(heldOut.filter(({ domain }) => domain === "thing").length).toBeGreaterThanOrEqual(100);
  expect(heldOut.filter((concept) => concept.domain === "thing" && families(concept) >= 5).length).toBeGreaterThanOrEqual(40);
  expect(heldOut.filter((concept) => concept.domain === "glyph" && families(concept) >= 9).length).toBeGreaterThanOrEqual(50);
  expect(concepts.filter(({ part }) => part === "train").length).toBeGreaterThanOrEqual(300);
});

test("the tar's files are those of the index, whole and of one size; those that lie beside it are the same", async () => {
  const tar = join(folder, "pictures.tar");
  const find = await openPictures(tar);
  const source = await openFile(tar);
  const found: string[] = [];
  try {
    for await (const { name } of tarFiles(new BlockReader(source), tar)) found.push(name);
  } finally {
    await source.close();
  }
  expect(found.sort()).toEqual(pictures.map(({ id }) => `${id}.webp`).sort());
  for (const { id } of pictures.filter((_, i) => i % 40 === 0)) {
    const { info } = await sharp(find(`${id}.webp`) as Uint8Array)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([size, size, 3]);
  }
  const drawings = join(folder, "../drawings");
  const files = (await readdir(drawings, { recursive: true })).filter((name) => name.endsWith(".webp"));
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) expect((await readFile(join(drawings, file))).equals(find(file.replaceAll("\\", "/")) as Uint8Array)).toBe(true);
});

test("every style is credited", async () => {
  const credits = await readFile(join(folder, "CREDITS"), "utf8");
  for (const style of new Set(pictures.map((picture) => picture.style))) {
    const { author, licence } = drawingStyle(style);
    const count = pictures.filter((picture) => picture.style === style).length;
    expect(credits).toContain(`${style}: ${count} drawings by ${author}, ${licence}`);
  }
});
