import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { framesAtRate } from "../../src/data/film.ts";
import { filmOrientation } from "../../src/data/film-file.ts";
import type { Picture } from "../../src/data/picture.ts";
import { Random } from "../../src/data/random.ts";
import { loadClip, loadVideo } from "../../src/data/video.ts";

const folder = new URL("../fixtures/data/videos/", import.meta.url).pathname;
interface Taken {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly pixels: string;
}
/** What FFmpeg takes: `tools/reference/videos.py`. */
const reference = JSON.parse(await readFile(`${folder}ffmpeg.json`, "utf8")) as Readonly<Record<string, Taken>>;

/** Every third pixel of every third row, one frame after the other. */
function thirds(pictures: readonly Picture[]): number[] {
  return pictures.flatMap(({ width, height, data }) => {
    const values: number[] = [];
    for (let y = 0; y < height; y += 3) for (let x = 0; x < width; x += 3) values.push(...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
    return values;
  });
}

describe("frames of a film", () => {
  test.each(Object.entries(reference))("of %s each second are FFmpeg's", async (key, { width, height, frames, pixels }) => {
    const [name, perSecond] = key.split(" ");
    const taken = await loadVideo(folder + name, { frames: 100, perSecond: Number(perSecond) });
    expect(taken).toHaveLength(frames);
    for (const picture of taken) expect(picture).toMatchObject({ width, height });
    const expected = inflateSync(Buffer.from(pixels, "base64"));
    const found = thirds(taken);
    expect(found).toHaveLength(expected.length);
    const differences = found.map((value, i) => Math.abs(value - expected[i]!));
    // FFmpeg has the colours of halved rows a quarter of a pixel elsewhere than H.264 says, which gives up to 2.6 here. One frame and the next are 15 apart, BT.601 and BT.709 4.
    const most = ["10-bits-444.mp4", "turned.mp4"].includes(name!) ? 0.1 : 2.8;
    expect(differences.reduce((sum, each) => sum + each, 0) / differences.length).toBeLessThan(most);
    expect(Math.max(...differences)).toBeLessThan(16);
  });

  test("are spread over the time where fewer are wanted, and may be those of a part", async () => {
    const all = await loadVideo(`${folder}h264.mp4`, { frames: 100 });
    expect(await loadVideo(`${folder}h264.mp4`, { frames: 3 })).toEqual([all[1], all[3], all[5]]);
    expect(await loadVideo(`${folder}h264.mp4`, { frames: 8, from: 2, to: 4.5 })).toEqual([all[2], all[3], all[4]]);
    expect(await loadVideo(`${folder}h264.mp4`, { frames: 8, from: 90, to: 99 })).toEqual([all[5]]);
    expect(await loadVideo(await readFile(`${folder}h264.mp4`), { frames: 100 })).toEqual(all);
  });

  test("to train on follow each other from anywhere", async () => {
    const all = await loadVideo(`${folder}h264.mp4`, { frames: 100 });
    const begins = new Set<number>();
    for (let seed = 0; seed < 12; seed++) {
      const clip = await loadClip(`${folder}h264.mp4`, new Random("clip", seed), { frames: 4 });
      expect(clip).toEqual(await loadClip(`${folder}h264.mp4`, new Random("clip", seed), { frames: 4 }));
      const begin = all.findIndex(({ data }) => Buffer.from(data).equals(Buffer.from(clip[0]!.data)));
      expect(clip).toEqual(all.slice(begin, begin + 4));
      begins.add(begin);
    }
    expect([...begins].sort()).toEqual([0, 1, 2]);
    expect(await loadClip(`${folder}h264.mp4`, new Random("clip"), { frames: 30 })).toEqual(all);
    // Of an animation of 1.6 seconds there are two.
    expect(await loadClip(new URL("../fixtures/data/pictures/animated.gif", import.meta.url).pathname, new Random("clip"))).toHaveLength(2);
  });
});

test.each([
  ["a frame is there until the next one", [0, 0.4, 2.2], 3, 1, [1, 1, 2]],
  ["one that appears in the middle of a second belongs to the next", [0, 0.5, 1.5], 2, 1, [0, 1]],
  ["a film shorter than half a step has its first frame", [0, 0.1], 0.2, 1, [0]],
  ["more steps than frames", [0, 1], 2, 2, [0, 0, 1, 1]],
])("%s", (_, times, duration, perSecond, expected) => {
  expect(framesAtRate({ times, duration }, { perSecond })).toEqual(expected);
});

describe("films that cannot be read", () => {
  const cut = (share: number) => (bytes: Uint8Array) => bytes.subarray(0, Math.floor(share * bytes.length));
  const zeros = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i > 200 && i < bytes.length - 1500 ? 0 : byte));
  test.each([
    ["sound.mp4", (bytes: Uint8Array) => bytes, /^cat has no pictures: of its tracks audio$/],
    [
      "mpeg4.avi",
      (bytes: Uint8Array) => bytes,
      /^cat is a video of a codec that is not read; readable are H\.264, HEVC, VP8, VP9 and AV1\. Convert it: ffmpeg -i/,
    ],
    ["rgb.webm", (bytes: Uint8Array) => bytes, /^cat stores its colours in another form than is read \(.*rgb\); convert it: ffmpeg -i/],
    ["full-range-422.mp4", (bytes: Uint8Array) => bytes, /^cat stores its colours in another form than is read \(avc1\.7A.*\); convert it: ffmpeg -i/],
    ...[0.02, 0.3, 0.6, 0.97].flatMap((share) =>
      ["h264.mp4", "bt709.mov", "begins-later.mp4", "vp8.webm", "av1.mkv"].map(
        (name) => [name, cut(share), /^cat is damaged or cut short \(.+\); copy or download it again$/] as const,
      ),
    ),
    ["h264.mp4", zeros, /^cat is damaged or cut short \(.+\); copy or download it again$/],
    ["hevc.mp4", (bytes: Uint8Array) => bytes, /^cat: 0 frames cannot be taken of each second$/],
  ] as const)("%s", async (name, change, message) => {
    const perSecond = message.source.includes("0 frames") ? 0 : 1;
    await expect(loadVideo(change(await readFile(folder + name)), { name: "cat", perSecond })).rejects.toThrow(
      expect.objectContaining({ name: "DataError", message: expect.stringMatching(message) }),
    );
  });

  test("one with more pixels than may be", async () => {
    await expect(loadVideo(`${folder}h264.mp4`, { maxPixels: 1000 })).rejects.toThrow(/h264\.mp4 has 48 x 32 = 0\.0 megapixels, the limit is 0\.001/);
  });

  test("a film without the package that decodes it says what to install", () => {
    const without = `import { registerHooks } from "node:module";
      registerHooks({ resolve(name, context, next) { if (name.startsWith("@napi-rs/webcodecs")) throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" }); return next(name, context); } });
      const { loadVideo } = await import(${JSON.stringify(new URL("../../src/data/video.ts", import.meta.url).href)});
      await loadVideo(${JSON.stringify(`${folder}h264.mp4`)}).catch((error) => console.log(error.name, error.message));`;
    const { stdout } = spawnSync(process.execPath, ["--conditions=flamingo-source", "--input-type=module", "--eval", without], { encoding: "utf8" });
    expect(stdout).toMatch(
      /^DataError .*h264\.mp4 is a film, which is decoded by the package @napi-rs\/webcodecs, and that is not installed: npm install @napi-rs\/webcodecs@1\.3\.1\. Or take/,
    );
  });
});

test("which way up a film was taken", async () => {
  expect(filmOrientation(await readFile(`${folder}turned.mp4`))).toBe(8);
  for (const name of ["h264.mp4", "bt709.mov", "vp8.webm"]) expect(filmOrientation(await readFile(folder + name))).toBe(1);
});
