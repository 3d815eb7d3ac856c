import type { DecodeOptions } from "../../src/data/image.ts";

export interface BadPicture {
  readonly what: string;
  /** Of `test/fixtures/data/pictures`. */
  readonly file: string;
  change(bytes: Uint8Array): Uint8Array;
  readonly message: RegExp;
  readonly options?: DecodeOptions;
}

const cut =
  (share: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.subarray(0, Math.floor(share * bytes.length));
const replacedBy =
  (...parts: (string | readonly number[])[]) =>
  (): Uint8Array =>
    Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...part].map((character) => character.charCodeAt(0)) : part)));
const unchanged = (bytes: Uint8Array): Uint8Array => bytes;
const damaged = /^cat is damaged or cut short \(.+\); copy or download it again$/;

/** Files that Node and browsers refuse in the same words. */
export const badPictures: readonly BadPicture[] = [
  { what: "an empty file", file: "rgb.png", change: cut(0), message: /^cat is empty; copy or download it again$/ },
  {
    what: "text",
    file: "rgb.png",
    change: replacedBy("meow meow meow meow"),
    message: /^cat is not a picture that can be read \(.+\); readable are JPEG, PNG, WebP, GIF/,
  },
  { what: "a single byte", file: "rgb.png", change: cut(0.002), message: /^cat is not a picture that can be read / },
  {
    what: "an MP4 film",
    file: "rgb.png",
    change: replacedBy([0, 0, 0, 20], "ftypisom", [0, 0, 2, 0], "mp41", [0, 0, 0, 8], "mdat"),
    message: /^cat is an MP4 video.*ffmpeg -i/,
  },
  {
    what: "a WebM film",
    file: "rgb.png",
    change: replacedBy([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81]),
    message: /^cat is a WebM or Matroska video.*ffmpeg -i/,
  },
  {
    what: "a HEIC picture",
    file: "rgb.png",
    change: replacedBy([0, 0, 0, 20], "ftypheic", [0, 0, 0, 0], "mif1"),
    message: /^cat is a HEIC picture.*save it as JPEG/,
  },
  ...["rgb.png", "palette.png", "orientation-1.jpg", "progressive.jpg", "lossy.webp", "alpha-lossless.webp", "animated.webp", "rgb.avif"].flatMap((file) =>
    [0.1, 0.5, 0.97].map((share) => ({ what: `${file} cut to ${100 * share} %`, file, change: cut(share), message: damaged })),
  ),
  { what: "a GIF cut within its header", file: "animated.gif", change: cut(0.0006), message: damaged },
  {
    what: "a PNG with a false byte in its pixels",
    file: "rgb.png",
    change: (bytes) => bytes.map((byte, i) => (i === Math.floor(bytes.length / 2) ? byte ^ 0xff : byte)),
    message: damaged,
  },
  {
    what: "120 megapixels",
    file: "huge.png",
    change: unchanged,
    message: /^cat has 12000 x 10000 = 120\.0 megapixels, the limit is 100; shrink it, or raise the limit \(maxPixels\)$/,
  },
  ...["rgb.png", "orientation-6.jpg", "lossy.webp", "alpha-lossless.webp", "alpha-lossy.webp", "animated.gif", "rgb.avif"].map((file) => ({
    what: `${file} above a limit`,
    file,
    change: unchanged,
    message: /^cat has 52 x 36 = 0\.0 megapixels, the limit is 0\.001;/,
    options: { maxPixels: 1000 },
  })),
];
