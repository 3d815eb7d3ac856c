import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { evenlySpread, frameDurations } from "../../src/data/animation.ts";
import { loadPicture } from "../../src/data/image.ts";
import { loadVideo } from "../../src/data/video.ts";
import { badVideos } from "./bad-videos.ts";
import { animations } from "./picture-kinds.ts";

const folder = new URL("../fixtures/data/pictures/", import.meta.url).pathname;
/** As `tools/reference/pictures.py` made them. */
const durations = [100, 100, 100, 400, 100, 100, 500, 100, 100];

describe("durations of frames", () => {
  test.each([
    ["animated.gif", "GIF", durations],
    ["animated.webp", "WebP", durations],
    ["animated.png", "PNG", durations],
    ["wiped.gif", "GIF", [80, 80, 80, 80]],
    ["rgb.png", "PNG", [0]],
    ["lossy.webp", "WebP", [0]],
    ["alpha-lossy.webp", "WebP", [0]],
    ["orientation-1.jpg", "JPEG", [0]],
  ] as const)("of %s", async (name, kind, expected) => {
    expect(frameDurations(await readFile(folder + name), kind)).toEqual(expected);
  });

  test("frames of no time are seen as long as in browsers", async () => {
    const frames = Buffer.alloc(2 * 2 * 2 * 3).fill(255, 0, 12);
    const gif = await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
      .gif({ delay: [0, 250] })
      .toBuffer();
    expect(frameDurations(gif, "GIF")).toEqual([100, 250]);
  });
});

describe("frames evenly spread", () => {
  test.each([
    ["all of a short video", [100, 100, 100], 8, [0, 1, 2]],
    ["the middle one", durations, 1, [5]],
    ["the middles of equal stretches of time", durations, 4, [2, 3, 6, 7]],
    ["every second of sixteen", Array.from({ length: 16 }, () => 40), 8, [1, 3, 5, 7, 9, 11, 13, 15]],
    ["one frame again when it is seen for long", [10_000, 10, 10, 10, 10], 3, [0, 0, 0]],
  ])("%s", (_, lengths, count, expected) => {
    expect(evenlySpread(lengths, count)).toEqual(expected);
  });
});

describe("loading a video", () => {
  test.each(animations)("takes the frames of %s", async (name, expected) => {
    const all = await loadVideo(folder + name, { frames: 100 });
    const some = await loadVideo(await readFile(folder + name), { frames: 4 });
    expect(some).toEqual(expected.map((frame) => all[frame]));
    expect(new Set(all.map(({ data }) => Buffer.from(data).toString("hex"))).size).toBe(all.length);
    expect(await loadPicture(folder + name)).toEqual(all[0]);
  });

  test("takes the same frames from every kind of animation", async () => {
    const [gif, webp, png] = await Promise.all(["animated.gif", "animated.webp", "animated.png"].map((name) => loadVideo(folder + name)));
    expect(png).toEqual(webp);
    // The colours of a GIF are from a palette.
    gif!.forEach(({ data }, i) => data.forEach((value, at) => expect(Math.abs(value - webp![i]!.data[at]!)).toBeLessThan(60)));
  });

  test("takes 8 frames unless told otherwise, and one of a still picture", async () => {
    expect(await loadVideo(`${folder}animated.gif`)).toHaveLength(8);
    expect(await loadVideo(`${folder}orientation-6.jpg`)).toEqual([await loadPicture(`${folder}orientation-6.jpg`)]);
  });

  test("puts what is transparent on the background", async () => {
    const [first, second] = await loadVideo(`${folder}wiped.gif`, { background: [1, 2, 3] });
    expect([...first!.data.subarray(51 * 3, 52 * 3)]).toEqual([1, 2, 3]);
    // The first stripe is gone.
    expect([...second!.data.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  test("takes a folder of frames in the order of their numbers, whatever else lies there", async () => {
    const frames = await mkdtemp(join(tmpdir(), "flamingo-frames-"));
    const all = await loadVideo(`${folder}animated.gif`, { frames: 9 });
    for (const [i, { data, width, height }] of all.entries())
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(frames, `frame ${i + 2}.png`));
    await writeFile(join(frames, "notes.txt"), "no frame");
    expect(await loadVideo(frames, { frames: 100 })).toEqual(all);
    expect(await loadVideo(frames, { frames: 3 })).toEqual([all[1], all[4], all[7]]);
    await cp(join(folder, "huge.png"), join(frames, "frame 6.png"));
    await expect(loadVideo(frames, { frames: 3 })).rejects.toThrow(/frame 6\.png has 12000 x 10000/);
    await rm(frames, { recursive: true });
    await expect(loadVideo(frames)).rejects.toThrow(/^there is no file /);
  });

  test("says that a folder holds no frames", async () => {
    const empty = await mkdtemp(join(tmpdir(), "flamingo-frames-"));
    await expect(loadVideo(empty)).rejects.toThrow(/holds no pictures; a video is a folder of frames such as 001\.png, 002\.png/);
    await rm(empty, { recursive: true });
  });

  test.each(badVideos)("refuses $what", async ({ file, change, message, options }) => {
    const bytes = change(await readFile(folder + file));
    await expect(loadVideo(bytes, { name: "cat", ...options })).rejects.toThrow(
      expect.objectContaining({ name: "DataError", message: expect.stringMatching(message) }),
    );
  });
});
