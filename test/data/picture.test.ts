import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/data/errors.ts";
import { loadPicture } from "../../src/data/image.ts";
import { fitted, preprocess, preprocessingConfig } from "../../src/data/preprocessing.ts";
import { type Interpolation, resize } from "../../src/data/resize.ts";
import expected from "../fixtures/data/resize.json" with { type: "json" };

const fromHex = (text: string): Uint8ClampedArray => Uint8ClampedArray.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));

describe("resizing", () => {
  const picture = { width: expected.width, height: expected.height, data: fromHex(expected.pixels) };
  test.each(expected.results)("to $width x $height, $interpolation, gives Pillow's bytes", ({ width, height, interpolation, pixels }) => {
    expect(resize(picture, width, height, interpolation as Interpolation).data).toEqual(fromHex(pixels));
  });
});

/** Left half red, right half blue. */
const raw = { width: 4, height: 2, channels: 3 } as const;
const halves = Uint8Array.from(
  { length: 24 },
  (_, i) =>
    [
      [255, 0, 0],
      [0, 0, 255],
    ][Math.floor(i / 3) % 4 < 2 ? 0 : 1]![i % 3]!,
);
const colourAt = (picture: { width: number; data: Uint8ClampedArray }, x: number, y: number): number[] => [
  ...picture.data.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3),
];

describe("decoding", () => {
  test("stands pictures up as their EXIF says", async () => {
    const turned = await loadPicture(await sharp(halves, { raw }).withMetadata({ orientation: 6 }).png().toBuffer());
    expect([turned.width, turned.height]).toEqual([2, 4]);
    expect(colourAt(turned, 0, 0)).toEqual([255, 0, 0]);
    expect(colourAt(turned, 0, 3)).toEqual([0, 0, 255]);
  });

  test("puts transparent pixels on the background", async () => {
    const half = await sharp({ create: { width: 2, height: 2, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } })
      .png()
      .toBuffer();
    expect(colourAt(await loadPicture(half), 0, 0)[0]).toBeCloseTo(127.5, -0.5);
    expect(colourAt(await loadPicture(half, { background: [0, 0, 0] }), 1, 1)).toEqual([0, 0, 0]);
  });

  test.each([
    [
      "grey",
      () =>
        sharp({ create: { width: 3, height: 2, channels: 3, background: { r: 90, g: 90, b: 90 } } })
          .toColourspace("b-w")
          .png(),
      [90, 90, 90],
      0,
    ],
    [
      "16 bit",
      () =>
        sharp({ create: { width: 3, height: 2, channels: 3, background: { r: 200, g: 100, b: 50 } } })
          .toColourspace("rgb16")
          .png(),
      [200, 100, 50],
      1,
    ],
    [
      "CMYK",
      () =>
        sharp({ create: { width: 3, height: 2, channels: 3, background: { r: 200, g: 100, b: 50 } } })
          .toColourspace("cmyk")
          .jpeg({ quality: 100 }),
      [200, 100, 50],
      40,
    ],
    ["palette", () => sharp({ create: { width: 3, height: 2, channels: 3, background: { r: 200, g: 100, b: 50 } } }).png({ palette: true }), [200, 100, 50], 2],
  ] as const)("brings %s pictures to 8-bit colours", async (_, make, colour, tolerance) => {
    const picture = await loadPicture(await make().toBuffer());
    expect(picture.data.length).toBe(18);
    colourAt(picture, 1, 1).forEach((value, channel) => expect(Math.abs(value - colour[channel]!)).toBeLessThanOrEqual(tolerance));
  });

  test("takes the first frame of an animation", async () => {
    const frames = Buffer.concat([halves.map((value) => 255 - value), halves].map((frame) => Buffer.from(frame)));
    const gif = await sharp(frames, { raw: { width: 4, height: 4, channels: 3, pageHeight: 2 } })
      .gif({ delay: [100, 100] })
      .toBuffer();
    const picture = await loadPicture(gif);
    expect([picture.width, picture.height]).toEqual([4, 2]);
    expect(colourAt(picture, 0, 0)).toEqual([0, 255, 255]);
  });
});

describe("pictures that cannot be used", () => {
  const photo = sharp(
    Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) % 256),
    { raw: { width: 64, height: 64, channels: 3 } },
  );

  async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
    const file = join(await mkdtemp(join(tmpdir(), "flamingo-picture-")), name);
    await writeFile(file, bytes);
    return file;
  }

  test.each([
    ["missing", () => Promise.resolve("/nowhere/cat.png"), /there is no file \/nowhere\/cat\.png/],
    ["empty", () => fileOf("cat.png", new Uint8Array()), /cat\.png is empty; copy or download it again/],
    ["text", () => fileOf("cat.png", new TextEncoder().encode("meow meow meow")), /cat\.png is not a picture that can be read .*readable are JPEG, PNG/],
    [
      "a cut JPEG",
      async () => fileOf("cat.jpg", (await photo.clone().jpeg().toBuffer()).subarray(0, 900)),
      /cat\.jpg is damaged or cut short .*copy or download it again/,
    ],
    ["a cut PNG", async () => fileOf("cat.png", (await photo.clone().png().toBuffer()).subarray(0, 900)), /cat\.png is (?:damaged or cut short|not a picture)/],
    ["a folder", () => Promise.resolve(tmpdir()), /cannot read /],
  ] as const)("%s", async (_, make, message) => {
    const file = await make();
    await expect(loadPicture(file)).rejects.toThrow(DataError);
    await expect(loadPicture(file)).rejects.toThrow(message);
  });

  test("too large ones are refused before they are decoded, unless the limit is raised", async () => {
    // 120 megapixels that take a few kilobytes as a file.
    const huge = await sharp({ create: { width: 12_000, height: 10_000, channels: 3, background: "white" }, limitInputPixels: false })
      .png({ compressionLevel: 9 })
      .toBuffer();
    const before = process.memoryUsage().rss;
    await expect(loadPicture(huge, { name: "huge.png" })).rejects.toThrow(
      /huge\.png has 12000 x 10000 = 120\.0 megapixels, the limit is 100; shrink it, or raise the limit \(maxPixels\)/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    await expect(loadPicture(await photo.clone().png().toBuffer(), { maxPixels: 1000 })).rejects.toThrow(/the limit is 0\.001/);
  });

  test("pixels of the wrong count", async () => {
    await expect(loadPicture({ width: 2, height: 2, data: new Uint8ClampedArray(11) })).rejects.toThrow(
      /2 x 2 pixels need 12 bytes of red, green and blue, found 11/,
    );
  });

  test("what is no picture at all", async () => {
    const data = new Uint8ClampedArray(12);
    const sizes = [{ width: 1.6, height: 2.5 }, { width: -2, height: -2 }, { width: "2", height: 2 }, { width: 0, height: 0 }, { width: 2 }];
    const wrong = [...sizes.map((size) => ({ ...size, data })), { width: 2, height: 2, data: new Float32Array(12) }, {}, null, 5, new ArrayBuffer(12)];
    for (const each of wrong) await expect(loadPicture(each as never)).rejects.toThrow(/^the picture must be a path, the bytes of a file/);
  });
});

describe("preprocessing", () => {
  const wide = { width: 4, height: 2, data: Uint8ClampedArray.from(halves) };
  const base = { size: [4, 4], interpolation: "bilinear", mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.25, 0.5] } as const;

  test("pads, crops or squashes", () => {
    const padded = fitted(wide, preprocessingConfig.parse({ ...base, fit: "pad", background: [9, 8, 7] }));
    expect([colourAt(padded, 0, 0), colourAt(padded, 0, 1), colourAt(padded, 3, 2), colourAt(padded, 3, 3)]).toEqual([
      [9, 8, 7],
      [255, 0, 0],
      [0, 0, 255],
      [9, 8, 7],
    ]);
    const cropped = fitted(wide, preprocessingConfig.parse({ ...base, size: [2, 2], fit: "crop" }));
    expect([colourAt(cropped, 0, 0), colourAt(cropped, 1, 1)]).toEqual([
      [255, 0, 0],
      [0, 0, 255],
    ]);
    const squashed = fitted(wide, preprocessingConfig.parse({ ...base, fit: "squash" }));
    expect([colourAt(squashed, 0, 3), colourAt(squashed, 3, 0)]).toEqual([
      [255, 0, 0],
      [0, 0, 255],
    ]);
  });

  test("normalises by channel, channels first", () => {
    const values = preprocess(wide, preprocessingConfig.parse({ ...base, size: [2, 4], fit: "squash" }));
    expect([...values.subarray(0, 4)]).toEqual([1, 1, -1, -1]);
    expect([...values.subarray(8, 12)]).toEqual([-2, -2, -2, -2]);
    expect([...values.subarray(16, 20)]).toEqual([-1, -1, 1, 1]);
  });
});
