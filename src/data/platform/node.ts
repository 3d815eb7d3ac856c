import { readdir, readFile } from "node:fs/promises";
import type { Sharp } from "sharp";
import { DataError } from "../errors.ts";
import { onBackground } from "../interleaved-pixels.ts";
import type { Picture } from "../picture.ts";
import { pictureKind } from "../picture-file.ts";
import { decodeAnimatedPng } from "./node-animated-png.ts";
import type { Background, DataPlatform } from "./platform.ts";

export const platform: DataPlatform = {
  readable: "JPEG, PNG, WebP, GIF, AVIF, TIFF and SVG",
  async size(bytes) {
    const sharp = await decoder();
    return sharp(bytes, { limitInputPixels: false }).metadata();
  },
  decode: (bytes, background) => decodePage(bytes, 0, background),
  async decodeFrames(bytes, frames, background) {
    if (pictureKind(bytes) === "PNG") return decodeAnimatedPng(bytes, frames, background);
    const pictures: Picture[] = [];
    for (const frame of frames) pictures.push(await decodePage(bytes, frame, background));
    return pictures;
  },
  async readFile(path) {
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new DataError(error.code === "ENOENT" ? `there is no file ${path}` : `cannot read ${path} (${error.message})`, { cause: error });
    });
  },
  listFolder: (path) => readdir(path).catch(() => undefined),
};

/** Loaded with the first picture, so that a program's start does not wait for it: by then a model compiles in another thread. */
async function decoder(): Promise<typeof import("sharp")["default"]> {
  return (await import("sharp")).default;
}

async function decodePage(bytes: Uint8Array, page: number, background: Background): Promise<Picture> {
  const sharp = await decoder();
  const options = { page, limitInputPixels: false, failOn: "warning" } as const;
  if ((await sharp(bytes, options).metadata()).space === "cmyk") return decodePrint(sharp(bytes, { ...options, ignoreIcc: true }));
  const { data, info } = await sharp(bytes, options).rotate().toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return onBackground({ width: info.width, height: info.height, channels: info.channels, data }, background);
}

/**
 * The light that four inks let through, each taking its share. A profile of the press is left aside, as by Pillow, with which models were trained: Chromium and littleCMS make
 * colours of it that differ by up to 50 of 255.
 */
async function decodePrint(picture: Sharp): Promise<Picture> {
  const { data, info } = await picture.rotate().pipelineColourspace("cmyk").toColourspace("cmyk").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const light = (i: number): number => ((255 - data[4 * Math.floor(i / 3) + (i % 3)]!) * (255 - data[4 * Math.floor(i / 3) + 3]!)) / 255;
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(info.width * info.height * 3).map((_, i) => light(i)) };
}
