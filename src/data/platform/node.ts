import { readdir, readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { DataError } from "../errors.ts";
import type { Picture } from "../picture.ts";
import type { Background, DataPlatform } from "./platform.ts";

export const platform: DataPlatform = {
  readable: "JPEG, PNG, WebP, GIF, AVIF, TIFF and SVG",
  animated: ["GIF", "WebP"],
  async size(bytes) {
    return sharp(bytes, { limitInputPixels: false }).metadata();
  },
  decode: (bytes, background) => decodePage(bytes, 0, background),
  async decodeFrames(bytes, frames, background) {
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

async function decodePage(bytes: Uint8Array, page: number, [r, g, b]: Background): Promise<Picture> {
  const options = { page, limitInputPixels: false, failOn: "warning" } as const;
  if ((await sharp(bytes, options).metadata()).space === "cmyk") return decodePrint(sharp(bytes, { ...options, ignoreIcc: true }));
  const { data, info } = await sharp(bytes, options)
    .rotate()
    .toColourspace("srgb")
    .flatten({ background: { r, g, b } })
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const pixels =
    info.channels === 3
      ? new Uint8ClampedArray(data.buffer, data.byteOffset, data.length)
      : new Uint8ClampedArray(info.width * info.height * 3).map((_, i) => data[Math.floor(i / 3) * info.channels]!);
  return { width: info.width, height: info.height, data: pixels };
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
