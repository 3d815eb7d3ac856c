import type { Picture } from "../../src/data/image.ts";
import { preprocess, preprocessingConfig } from "../../src/data/preprocessing.ts";

export const bmpKinds = [
  "1-bit",
  "2-bit",
  "4-bit",
  "4-bit-runs",
  "8-bit",
  "8-bit-runs",
  "os2-palette",
  "16-bit",
  "16-bit-masks-565",
  "16-bit-masks-4444",
  "24-bit",
  "24-bit-top-down",
  "24-bit-os2",
  "32-bit",
  "32-bit-masks",
  "32-bit-masks-swapped",
  "32-bit-masks-10",
  "32-bit-opacity-of-nothing",
].map((form) => `bmp-${form}.bmp`);

/** Files of `test/fixtures/data/pictures`, made by Pillow: `tools/reference/pictures.py`. */
export const pictureKinds = [
  "rgb.png",
  "rgba.png",
  "rgb-16-bit.png",
  "grey.png",
  "grey-16-bit.png",
  "grey-alpha.png",
  "black-and-white.png",
  "palette.png",
  "palette-transparent.png",
  "profile.png",
  "gamma.png",
  "gamma-primaries.png",
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => `orientation-${orientation}.jpg`),
  "progressive.jpg",
  "profile.jpg",
  "grey.jpg",
  "cmyk.jpg",
  "cmyk-profile.jpg",
  "lossy.webp",
  "alpha-lossless.webp",
  "alpha-lossy.webp",
  "rgb.avif",
  "halved-chroma.avif",
  "animated.gif",
  "wiped.gif",
  "animated.webp",
  "animated.png",
  ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((orientation) => [
    `orientation-${orientation}.png`,
    `orientation-${orientation}.webp`,
    `orientation-${orientation}.avif`,
  ]),
  "animated-turned.webp",
  "animated-turned.png",
  "sequence.avif",
  "still.gif",
  "two-pictures.mpo",
  "restarts.jpg",
  "interlaced.png",
  ...bmpKinds,
] as const;

/** Animations, and which of their frames are seen in the middle of four equal stretches of time. */
export const animations: readonly (readonly [name: string, frames: readonly number[]])[] = [
  ["animated.gif", [2, 3, 6, 7]],
  ["animated.webp", [2, 3, 6, 7]],
  ["animated.png", [2, 3, 6, 7]],
  ["patched.png", [0, 2, 3, 5]],
  ["patched.webp", [0, 2, 3, 5]],
  ["wiped.gif", [0, 1, 2, 3]],
  ["animated-turned.webp", [0, 1, 2]],
  ["animated-turned.png", [0, 1, 2]],
];

const preprocessing = preprocessingConfig.parse({ size: [16, 20], fit: "crop", mean: [0, 0, 0], deviation: [1, 1, 1] });

/** The picture as a model sees it: values between 0 and 1, height 16, width 20. */
export function seen(picture: Picture): Float32Array {
  return preprocess(picture, preprocessing);
}

export interface Difference {
  /** Of 1/255. */
  readonly mean: number;
  readonly largest: number;
}

/** @param found - between 0 and 1 @param expected - bytes */
export function difference(found: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  if (found.length !== expected.length) throw new Error(`${found.length} values, expected ${expected.length}`);
  const apart = Array.from(found, (value, i) => Math.abs(255 * value - expected[i]!));
  return { mean: apart.reduce((sum, each) => sum + each, 0) / apart.length, largest: Math.max(...apart) };
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
