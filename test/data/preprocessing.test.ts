import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Picture } from "../../src/data/picture.ts";
import { fitted, layout, type PreprocessingConfig, preprocessingConfig } from "../../src/data/preprocessing.ts";
import { resize } from "../../src/data/resize.ts";
import fittedPictures from "../fixtures/data/fitted-pictures.json" with { type: "json" };
import expected from "../fixtures/data/picture-sizes.json" with { type: "json" };

const configOf = (fit: string, size: readonly number[]): PreprocessingConfig =>
  preprocessingConfig.parse({ fit, size, mean: [0, 0, 0], deviation: [1, 1, 1], background: [9, 8, 7] });

describe.each(expected)("$fit to $size", ({ fit, size, sha256, samples }) => {
  const config = configOf(fit, size);
  const laid = (height: number, width: number): number[] => {
    const { left, top, ...resized } = layout({ width, height }, config);
    return [resized.height, resized.width, top, left];
  };

  test.each(samples)("%j is laid where torchvision and open_clip lay it", ([height, width], place) => expect(laid(height!, width!)).toEqual(place));

  test("and so is every other size of up to 600 x 600", () => {
    const every = new Int32Array(4 * 600 * 600);
    for (let height = 1, at = 0; height <= 600; height++) for (let width = 1; width <= 600; width++, at += 4) every.set(laid(height, width), at);
    expect(createHash("sha256").update(every).digest("hex")).toBe(sha256);
  });
});

function noise(width: number, height: number): Picture {
  return { width, height, data: Uint8ClampedArray.from({ length: width * height * 3 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24) };
}

test.each(fittedPictures)("$fit of $width x $height to $size gives the bytes of open_clip's transforms", ({ width, height, fit, size, sha256 }) => {
  const { data } = fitted(noise(width, height), { ...configOf(fit, size), background: [0, 0, 0] });
  expect(createHash("sha256").update(data).digest("hex")).toBe(sha256);
});

/** The whole picture resized, then cut and laid on the background pixel by pixel. */
function fittedAtLength(picture: Picture, config: PreprocessingConfig): Picture {
  const [height, width] = config.size;
  const { left, top, ...whole } = layout(picture, config);
  const { data } = resize(picture, whole.width, whole.height, config.interpolation);
  const result = new Uint8ClampedArray(3 * width * height);
  for (let i = 0; i < result.length; i++) {
    const x = (Math.floor(i / 3) % width) - left;
    const y = Math.floor(i / 3 / width) - top;
    const inside = x >= 0 && y >= 0 && x < whole.width && y < whole.height;
    result[i] = inside ? data[3 * (y * whole.width + x) + (i % 3)]! : config.background[i % 3]!;
  }
  return { width, height, data: result };
}

const fits = ["crop", "pad", "squash"] as const;
const sizes = [
  [1, 1],
  [1, 90],
  [90, 1],
  [3, 50],
  [37, 41],
  [120, 64],
  [16, 24],
] as const;

test.each(fits.flatMap((fit) => sizes.map(([width, height]) => ({ fit, width, height }))))(
  "$fit computes of $width x $height what remains, and that to the byte",
  ({ fit, width, height }) => {
    for (const size of [
      [16, 24],
      [16, 16],
    ]) {
      const picture = noise(width, height);
      expect(fitted(picture, configOf(fit, size))).toEqual(fittedAtLength(picture, configOf(fit, size)));
    }
  },
);

// Resized at length, each would be 224 x 13440000 pixels, which no machine here holds.
test.each([
  [1, 60_000],
  [60_000, 1],
])("a picture of %i x %i is cropped to its middle", (width, height) => {
  const length = Math.max(width, height);
  const data = new Uint8ClampedArray(3 * length);
  for (let i = 0; i < length; i++) data.fill(i < length / 2 ? 10 : 200, 3 * i, 3 * i + 3);
  const { data: found } = fitted({ width, height, data }, configOf("crop", [224, 224]));
  const greys = Array.from({ length: 224 }, (_, i) => found[3 * (width === 1 ? 224 * i : i)]!);
  expect(greys).toEqual([...greys].sort((a, b) => a - b));
  expect([greys[0]! < 105, greys[223]! > 105, greys[111]! + greys[112]!]).toEqual([true, true, 210]);
});
