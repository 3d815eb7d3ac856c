import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { DataError } from "../errors.ts";
import type { DataPlatform } from "./platform.ts";

export const platform: DataPlatform = {
  async decode({ bytes, name, maxPixels, background: [r, g, b] }) {
    // The limit is checked on the header, before anything is decoded.
    const metadata = await sharp(bytes, { limitInputPixels: false })
      .metadata()
      .catch((error: Error) => {
        throw new DataError(`${name} is not a picture that can be read (${error.message}); readable are JPEG, PNG, WebP, GIF, AVIF, TIFF and SVG`, {
          cause: error,
        });
      });
    const { width = 0, height = 0 } = metadata;
    if (width * height > maxPixels) {
      throw new DataError(
        `${name} has ${width} x ${height} = ${((width * height) / 1e6).toFixed(1)} megapixels, the limit is ${maxPixels / 1e6}; shrink it, or raise the limit (maxPixels)`,
      );
    }
    const decoded = await sharp(bytes, { limitInputPixels: false, failOn: "warning" })
      .rotate()
      .toColourspace("srgb")
      .flatten({ background: { r, g, b } })
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true })
      .catch((error: Error) => {
        throw new DataError(`${name} is damaged or cut short (${error.message}); copy or download it again`, { cause: error });
      });
    const { info, data } = decoded;
    return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
  },
  async readFile(path) {
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new DataError(error.code === "ENOENT" ? `there is no file ${path}` : `cannot read ${path} (${error.message})`, { cause: error });
    });
  },
};

function threeChannels(data: Uint8Array, channels: number): Uint8ClampedArray {
  if (channels === 3) return new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  return new Uint8ClampedArray((data.length / channels) * 3).map((_, i) => data[Math.floor(i / 3) * channels]!);
}
