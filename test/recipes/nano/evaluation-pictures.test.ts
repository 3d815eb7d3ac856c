import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { expect, test } from "vitest";
import { openPictureIndex } from "../../../recipes/nano/drawings/render.ts";
import { drawingStyle } from "../../../recipes/nano/drawings/styles.ts";
import { splitOf } from "../../../recipes/nano/things/split.ts";

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

test("the files are those of the index, whole and of one size", async () => {
  const found = (await readdir(join(folder, "pictures"), { recursive: true }))
    .filter((name) => name.endsWith(".webp"))
    .map((name) => name.replaceAll("\\", "/"));
  expect(found.sort()).toEqual(pictures.map(({ id }) => `${id}.webp`).sort());
  for (const { id } of pictures.filter((_, i) => i % 40 === 0)) {
    const { info } = await sharp(join(folder, "pictures", `${id}.webp`))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([size, size, 3]);
  }
});

test("every style is credited", async () => {
  const credits = await readFile(join(folder, "CREDITS"), "utf8");
  for (const style of new Set(pictures.map((picture) => picture.style))) {
    const { author, licence } = drawingStyle(style);
    const count = pictures.filter((picture) => picture.style === style).length;
    expect(credits).toContain(`${style}: ${count} drawings by ${author}, ${licence}`);
  }
});
