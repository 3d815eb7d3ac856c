import { decodeBmp } from "../bmp.ts";
import { DataError } from "../errors.ts";
import { onBackground } from "../interleaved-pixels.ts";
import { hasJpegEnd } from "../jpeg-segments.ts";
import { orientationOf, upright, withoutOrientation } from "../orientation.ts";
import type { Picture } from "../picture.ts";
import { type PictureKind, pictureHeader, pictureKind } from "../picture-file.ts";
import { withEnd, withoutChunks } from "../png-chunks.ts";
import { asStillAvif } from "../still-avif.ts";
import type { Background, DataPlatform } from "./platform.ts";
import { bytesOf, fetchFile } from "./web-fetch.ts";
import { addressSource } from "./web-file.ts";

export const platform: DataPlatform = {
  alsoReads: [],
  async size(bytes) {
    return pictureHeader(bytes, kindOf(bytes));
  },
  async decode(bytes, background) {
    const kind = kindOf(bytes);
    if (kind === "BMP") return onBackground(decodeBmp(bytes), background);
    if (kind === "JPEG" && !hasJpegEnd(bytes)) throw new Error("its end is missing");
    const bitmap = await createImageBitmap(new Blob([forBrowsers(bytes, kind)]), {
      // Colours under transparency are kept until they meet the background.
      premultiplyAlpha: "none",
      // As in Node, where it is said why.
      colorSpaceConversion: pictureHeader(bytes, kind).cmyk ? "none" : "default",
    });
    try {
      return upright(drawn(bitmap, bitmap.width, bitmap.height, background), orientationOf(bytes, kind));
    } finally {
      bitmap.close();
    }
  },
  async decodeFrames(bytes, frames, background) {
    if (typeof ImageDecoder === "undefined")
      throw new DataError("this browser cannot take frames out of an animation (it has no ImageDecoder); give the frames as pictures");
    const kind = kindOf(bytes);
    const decoder = new ImageDecoder({ data: forBrowsers(bytes, kind), type: `image/${kind.toLowerCase()}`, preferAnimation: true });
    try {
      const pictures: Picture[] = [];
      for (const frameIndex of frames) {
        const { image } = await decoder.decode({ frameIndex });
        pictures.push(upright(drawn(image, image.displayWidth, image.displayHeight, background), orientationOf(bytes, kind)));
        image.close();
      }
      return pictures;
    } finally {
      decoder.close();
    }
  },
  openFilm: (_, name) =>
    Promise.reject(new DataError(`${name} is a film, which is not read in browsers yet; give its frames as pictures, or an animated GIF, WebP or PNG`)),
  async readFile(path) {
    try {
      return await bytesOf(await fetchFile(path));
    } catch (error) {
      throw new DataError(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
  },
  openFile: (path) => addressSource(path),
  listFolder: () => Promise.resolve(undefined),
};

function kindOf(bytes: Uint8Array): PictureKind {
  const kind = pictureKind(bytes);
  if (kind === undefined) throw new Error("its first bytes are not those of a picture");
  return kind;
}

/**
 * The file as all browsers read it alike. Profiles are obeyed everywhere; the older notes on gamma and primaries in PNG files by browsers alone, and they are often wrong. Which way up it is
 * some browsers obey in some kinds of files, so they are not told.
 */
function forBrowsers(bytes: Uint8Array, kind: PictureKind): Uint8Array<ArrayBuffer> {
  if (kind === "PNG") return withEnd(withoutChunks(bytes, ["gAMA", "cHRM", "cICP", "eXIf"]));
  return (kind === "AVIF" ? asStillAvif(bytes) : withoutOrientation(bytes, kind)) as Uint8Array<ArrayBuffer>;
}

function drawn(image: ImageBitmap | VideoFrame, width: number, height: number, background: Background): Picture {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new DataError(`this browser has no canvas of ${width} x ${height} pixels; shrink the picture`);
  context.fillStyle = `rgb(${background.join(" ")})`;
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return onBackground({ width, height, channels: 4, data }, background);
}
