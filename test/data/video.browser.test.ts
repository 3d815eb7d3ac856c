import { expect, test } from "vitest";
import { loadVideo } from "../../src/data/video.ts";
import { badVideos } from "./bad-videos.ts";

const address = (name: string): string => new URL(`../fixtures/data/pictures/${name}`, import.meta.url).href;

// The frames of all kinds are compared with those in Node in picture.browser.test.ts.
test("frames of an animated PNG are those of the same animation as WebP", async () => {
  const [png, webp] = await Promise.all(["animated.png", "animated.webp"].map((name) => loadVideo(address(name))));
  expect(png).toHaveLength(8);
  expect(png).toEqual(webp);
});

test("a still picture is a video of one frame", async () => {
  expect(await loadVideo(address("orientation-6.jpg"))).toHaveLength(1);
});

test.each(badVideos)("refuses $what", async ({ file, change, message, options }) => {
  const bytes = change(new Uint8Array(await (await fetch(address(file))).arrayBuffer()));
  await expect(loadVideo(bytes, { name: "cat", ...options })).rejects.toThrow(
    expect.objectContaining({ name: "DataError", message: expect.stringMatching(message) }),
  );
});
