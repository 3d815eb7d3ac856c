import { readFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { loadPicture, type Picture } from "../../src/data/image.ts";
import { loadVideo } from "../../src/data/video.ts";
import node from "../fixtures/data/pictures/node.json" with { type: "json" };
import pillow from "../fixtures/data/pictures/pillow.json" with { type: "json" };
import { badPictures } from "./bad-pictures.ts";
import { irregularPictures } from "./irregular-pictures.ts";
import { bytesOf, difference, pictureKinds, seen } from "./picture-kinds.ts";

const folder = new URL("../fixtures/data/pictures/", import.meta.url).pathname;

function expectSame({ data }: Picture, pixels: string): void {
  const { mean, largest } = difference(
    Array.from(data, (value) => value / 255),
    inflateSync(Buffer.from(pixels, "base64")),
  );
  expect(mean).toBeLessThan(0.5);
  expect(largest).toBeLessThan(1.01);
}

describe("Node reads what Pillow reads", () => {
  test.each(Object.entries(pillow.pictures))("%s", async (name, { width, height, pixels }) => {
    const picture = await loadPicture(folder + name);
    expect([picture.width, picture.height]).toEqual([width, height]);
    expectSame(picture, pixels);
  });

  test.each(Object.entries(pillow.videos))("every frame of %s", async (name, expected) => {
    const frames = await loadVideo(folder + name, { frames: 100 });
    expect(frames).toHaveLength(expected.length);
    for (const [i, frame] of frames.entries()) expectSame(frame, expected[i]!);
  });
});

test.each(pictureKinds)("the browser is compared with what Node makes of %s today", async (name) => {
  const { mean } = difference(seen(await loadPicture(folder + name)), bytesOf(node.pictures[name as keyof typeof node.pictures]));
  expect(mean).toBeLessThan(0.1);
});

test("an opacity of nothing everywhere is none", async () => {
  expect(await loadPicture(`${folder}bmp-32-bit-opacity-of-nothing.bmp`)).toEqual(await loadPicture(`${folder}bmp-24-bit.bmp`));
});

test("TIFF and SVG are read in Node", async () => {
  const drawing = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="#f00"/></svg>';
  expect([...(await loadPicture(new TextEncoder().encode(drawing))).data.subarray(0, 3)]).toEqual([255, 0, 0]);
  const turned = await sharp(`${folder}rgb.png`).withMetadata({ orientation: 6 }).tiff({ compression: "lzw" }).toBuffer();
  const { width, height } = await loadPicture(turned);
  expect([width, height]).toEqual([36, 52]);
});

test.each(irregularPictures)("reads $what", async ({ file, change }) => {
  const regular = await readFile(folder + file);
  const irregular = change(regular);
  expect(Buffer.compare(regular, irregular)).not.toBe(0);
  expect(await loadPicture(irregular)).toEqual(await loadPicture(regular));
});

test.each(badPictures)("refuses $what", async ({ file, change, message, options }) => {
  const bytes = change(await readFile(folder + file));
  await expect(loadPicture(bytes, { name: "cat", ...options })).rejects.toThrow(
    expect.objectContaining({ name: "DataError", message: expect.stringMatching(message) }),
  );
});

test("reads 120 megapixels when the limit is raised", async () => {
  const { width, height } = await loadPicture(`${folder}huge.png`, { maxPixels: 120_000_000 });
  expect([width, height]).toEqual([12_000, 10_000]);
});
