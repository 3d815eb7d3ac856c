import { readdir, readFile } from "node:fs/promises";
import type { Sharp, SharpOptions } from "sharp";
import { decodeBmp } from "../bmp.ts";
import { DataError } from "../errors.ts";
import { gifDurations } from "../gif-frames.ts";
import { onBackground } from "../interleaved-pixels.ts";
import { hasJpegEnd, withPlainHeaders } from "../jpeg-segments.ts";
import { orientationOf } from "../orientation.ts";
import type { Picture } from "../picture.ts";
import { pictureHeader, pictureKind } from "../picture-file.ts";
import { asStillAvif } from "../still-avif.ts";
import { fileSource } from "./node-file.ts";
import type { Background, DataPlatform } from "./platform.ts";

export const platform: DataPlatform = {
  alsoReads: ["TIFF", "SVG"],
  async size(bytes) {
    const kind = pictureKind(bytes);
    if (kind !== undefined) return pictureHeader(bytes, kind);
    const sharp = await decoder();
    return sharp(bytes, { limitInputPixels: false }).metadata();
  },
  async decode(bytes, background) {
    const kind = pictureKind(bytes);
    if (kind === "BMP") return onBackground(decodeBmp(bytes), background);
    if (kind === "GIF") gifDurations(bytes).next();
    if (kind === "JPEG" && !hasJpegEnd(bytes)) throw new Error("its end is missing");
    if (kind === "AVIF") return decodePage(asStillAvif(bytes), 0, background);
    return decodePage(bytes, 0, background).catch((error: Error) => {
      if (kind !== "JPEG") throw error;
      return decodePage(withPlainHeaders(bytes), 0, background);
    });
  },
  async decodeFrames(bytes, frames, background) {
    if (pictureKind(bytes) === "PNG") return (await import("./node-animated-png.ts")).decodeAnimatedPng(bytes, frames, background);
    const pictures: Picture[] = [];
    for (const frame of frames) pictures.push(await decodePage(bytes, frame, background));
    return pictures;
  },
  async openFilm(bytes, name) {
    return (await import("./node-film.ts")).openFilm(bytes, name);
  },
  async readFile(path) {
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new DataError(error.code === "ENOENT" ? `there is no file ${path}` : `cannot read ${path} (${error.message})`, { cause: error });
    });
  },
  async openFile(path) {
    if (!/^https?:\/\//.test(path)) return fileSource(path);
    // Loaded when it is needed: most files are on the disk.
    return (await import("./web-file.ts")).addressSource(path);
  },
  listFolder: (path) => readdir(path).catch(() => undefined),
};

/** Loaded with the first picture, so that a program's start does not wait for it: by then a model compiles in another thread. */
async function decoder(): Promise<typeof import("sharp")["default"]> {
  return (await import("sharp")).default;
}

async function decodePage(bytes: Uint8Array, page: number, background: Background): Promise<Picture> {
  const sharp = await decoder();
  const kind = pictureKind(bytes);
  const open = (options?: SharpOptions): Sharp => {
    const opened = sharp(bytes, { page, limitInputPixels: false, failOn: "warning", ...options });
    // TIFF files say in a place of their own which way up they are.
    if (kind === undefined) return opened.rotate();
    const [angle, mirrored] = turns[orientationOf(bytes, kind) - 1]!;
    return opened.rotate(angle).flip(mirrored);
  };
  // Of the kinds that are told apart here only JPEGs are printed, and their header says it; to open a file for that alone is a tenth of decoding it.
  const cmyk = kind === undefined ? (await open().metadata()).space === "cmyk" : pictureHeader(bytes, kind).cmyk;
  return cmyk ? decodePrint(open({ ignoreIcc: true })) : decodeLight(open(), background);
}

/** Degrees clockwise, then whether above and below change places, for the orientations 1 to 8. */
const turns = [
  [0, false],
  [180, true],
  [180, false],
  [0, true],
  [90, true],
  [90, false],
  [270, true],
  [270, false],
] as const;

async function decodeLight(picture: Sharp, background: Background): Promise<Picture> {
  const { data, info } = await picture.toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return onBackground({ width: info.width, height: info.height, channels: info.channels, data }, background);
}

/**
 * The light that four inks let through, each taking its share. A profile of the press is left aside, as by Pillow, with which models were trained: Chromium and littleCMS make
 * colours of it that differ by up to 50 of 255.
 */
async function decodePrint(picture: Sharp): Promise<Picture> {
  const { data, info } = await picture.pipelineColourspace("cmyk").toColourspace("cmyk").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const light = (i: number): number => ((255 - data[4 * Math.floor(i / 3) + (i % 3)]!) * (255 - data[4 * Math.floor(i / 3) + 3]!)) / 255;
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(info.width * info.height * 3).map((_, i) => light(i)) };
}
