import { describe, expect, test } from "vitest";
import { loadPicture } from "../../src/data/image.ts";
import { loadVideo } from "../../src/data/video.ts";
import orientations from "../fixtures/data/orientations.json" with { type: "json" };
import node from "../fixtures/data/pictures/node.json" with { type: "json" };
import { badPictures } from "./bad-pictures.ts";
import { irregularPictures } from "./irregular-pictures.ts";
import { animations, bmpKinds, bytesOf, type Difference, difference, pictureKinds, seen } from "./picture-kinds.ts";

const address = (name: string): string => new URL(`../fixtures/data/pictures/${name}`, import.meta.url).href;
const read = async (name: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(address(name))).arrayBuffer());

/** Known to differ: Node's decoder repeats colours that were stored at half the resolution, browsers interpolate them. */
const allowed: Readonly<Record<string, number>> = { "halved-chroma.avif": 6 };

describe("a browser sees what Node sees", () => {
  test.for(pictureKinds)("%s", async (name, { annotate }) => {
    const found = difference(seen(await loadPicture(address(name))), bytesOf(node.pictures[name as keyof typeof node.pictures]));
    await annotate(inWords(name, found));
    expect(found.mean).toBeLessThanOrEqual(allowed[name] ?? 1);
  });

  test.for(animations)("in the frames of %s", async ([name], { annotate }) => {
    const frames = await loadVideo(address(name), { frames: 4 });
    const expected = node.videos[name as keyof typeof node.videos];
    expect(frames.length).toBe(expected.length);
    for (const [i, frame] of frames.entries()) {
      const found = difference(seen(frame), bytesOf(expected[i]!));
      await annotate(inWords(`${name}, frame ${i}`, found));
      expect(found.mean).toBeLessThanOrEqual(1);
    }
  });

  test("and the same background under colours that are all but transparent", async () => {
    const onBlue = await loadPicture(await read("rgba.png"), { background: [0, 0, 255] });
    expect([...onBlue.data.subarray(0, 3)]).toEqual([0, 0, 255]);
    // The rightmost pixels are opaque.
    const onWhite = await loadPicture(await read("rgba.png"));
    expect(onBlue.data.subarray(3 * 51, 3 * 52)).toEqual(onWhite.data.subarray(3 * 51, 3 * 52));
  });
});

test.each(orientations)("$name: stood up as Pillow does it", async ({ file, size }) => {
  const { width, height } = await loadPicture(bytesOf(file));
  expect([width, height]).toEqual(size);
});

test.each([
  ["a TIFF picture", "II*\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0"],
  ["an SVG drawing", '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
])("says that %s is for Node alone", async (kind, text) => {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  await expect(loadPicture(bytes, { name: "cat" })).rejects.toThrow(`cat is ${kind}, which cannot be read; save it as JPEG`);
});

test.each(irregularPictures)("reads $what", async ({ file, change }) => {
  const regular = await read(file);
  expect(await loadPicture(change(regular))).toEqual(await loadPicture(regular));
});

// Except where runs pass over pixels or nothing is opaque: Chromium leaves that empty, and Pillow does not.
test.each(bmpKinds.filter((name) => !/runs|nothing/.test(name)))("the colours of %s are those that Chromium itself makes of it", async (name) => {
  const bitmap = await createImageBitmap(new Blob([(await read(name)) as Uint8Array<ArrayBuffer>]), { colorSpaceConversion: "none" });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
  context.fillStyle = "white";
  context.fillRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const found = difference(
    Array.from((await loadPicture(address(name))).data, (value) => value / 255),
    data.filter((_, i) => i % 4 < 3),
  );
  expect(found.largest).toBeLessThanOrEqual(1.01);
});

test.each(badPictures)("refuses $what", async ({ file, change, message, options }) => {
  const bytes = change(await read(file));
  await expect(loadPicture(bytes, { name: "cat", ...options })).rejects.toThrow(
    expect.objectContaining({ name: "DataError", message: expect.stringMatching(message) }),
  );
});

test("says that a file is missing", async () => {
  await expect(loadPicture("http://127.0.0.1:1/cat.png")).rejects.toThrow(/^cannot read http:\/\/127\.0\.0\.1:1\/cat\.png: .*does the server run/);
});

const inWords = (name: string, { mean, largest }: Difference): string => `${name}: ${mean.toFixed(3)} on average, ${largest.toFixed(0)} at most (of 255)`;
