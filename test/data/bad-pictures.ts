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
const startOfPixels = (bytes: Uint8Array): number => bytes[10]! + 256 * bytes[11]!;
/** Of a file: every twentieth of it, and all but its end. */
const shares = [...Array.from({ length: 19 }, (_, i) => (i + 1) / 20), 0.97];
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
    message: /^cat is (?:an MP4 video, no picture; it is shown as a video|damaged or cut short|a film, which is not read in browsers yet)/,
  },
  {
    what: "a WebM film",
    file: "rgb.png",
    change: replacedBy([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81]),
    message: /^cat is (?:a WebM or Matroska video, no picture; it is shown as a video|damaged or cut short|a film, which is not read in browsers yet)/,
  },
  {
    what: "a HEIC picture",
    file: "rgb.png",
    change: replacedBy([0, 0, 0, 20], "ftypheic", [0, 0, 0, 0], "mif1"),
    message: /^cat is a HEIC picture.*save it as JPEG/,
  },
  {
    what: "a web page",
    file: "rgb.png",
    change: replacedBy("<!DOCTYPE html><html><head><title>404</title></head></html>"),
    message: /^cat is a web page, no picture; give the picture itself$/,
  },
  ...["\xef\xbb\xbf<!DOCTYPE HTML PUBLIC>", "<!-- 404 -->\n<html>", '<?xml version="1.0"?>\n<!DOCTYPE html>'].map((start) => ({
    what: `a web page that begins with ${start}`,
    file: "rgb.png",
    change: replacedBy(start),
    message: /^cat is a web page, no picture; give the picture itself$/,
  })),
  {
    what: "a PDF document",
    file: "rgb.png",
    change: replacedBy("%PDF-1.7 and so on"),
    message: /^cat is a PDF document, no picture; give the picture itself$/,
  },
  {
    what: "a JPEG XL picture",
    file: "rgb.png",
    change: replacedBy([0, 0, 0, 12], "JXL ", [13, 10, 0x87, 10]),
    message: /^cat is a JPEG XL picture, which cannot be read; save it as JPEG$/,
  },
  {
    what: "an icon",
    file: "rgb.png",
    change: replacedBy([0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0]),
    message: /^cat is an icon \(ICO\), which cannot be read; save it as JPEG$/,
  },
  {
    what: "a BMP with a JPEG in it",
    file: "bmp-24-bit.bmp",
    change: (bytes) => bytes.map((byte, i) => (i === 30 ? 4 : byte)),
    message: /^cat is a BMP picture of a rare form, which cannot be read; save it as JPEG$/,
  },
  {
    what: "a BMP whose pixels begin within its header",
    file: "bmp-24-bit.bmp",
    change: (bytes) => bytes.map((byte, i) => (i === 10 ? 14 : byte)),
    message: damaged,
  },
  {
    what: "a BMP whose runs leave their line",
    file: "bmp-8-bit-runs.bmp",
    change: (bytes) => bytes.map((byte, i) => (i === startOfPixels(bytes) + 1 ? 255 : i === startOfPixels(bytes) ? 0 : byte)),
    message: damaged,
  },
  ...[
    ...[
      "rgb.png",
      "palette.png",
      "interlaced.png",
      "orientation-1.jpg",
      "progressive.jpg",
      "cmyk.jpg",
      "restarts.jpg",
      "lossy.webp",
      "alpha-lossless.webp",
      "animated.webp",
    ],
    ...["rgb.avif", "still.gif", "bmp-24-bit.bmp", "bmp-8-bit.bmp", "bmp-8-bit-runs.bmp"],
  ].flatMap((file) => shares.map((share) => ({ what: `${file} cut to ${Math.round(100 * share)} %`, file, change: cut(share), message: damaged }))),
  // As downloads are that a program has made room for and not finished.
  ...["rgb.png", "interlaced.png", "orientation-1.jpg", "progressive.jpg", "still.gif"].flatMap((file) =>
    [0.3, 0.6, 0.9].map((share) => ({
      what: `${file} with nothing but zeros after ${100 * share} %`,
      file,
      change: (bytes: Uint8Array) => bytes.map((byte, i) => (i < share * bytes.length ? byte : 0)),
      message: damaged,
    })),
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
