import { describe, expect, test } from "vitest";
import { loadPicture } from "../../src/data/image.ts";
import { loadVideo } from "../../src/data/video.ts";
import node from "../fixtures/data/pictures/node.json" with { type: "json" };
import { badPictures } from "./bad-pictures.ts";
import { animations, bytesOf, type Difference, difference, pictureKinds, seen } from "./picture-kinds.ts";

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
