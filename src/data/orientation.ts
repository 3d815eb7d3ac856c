/** Which way up a picture was taken, as its EXIF data says. AVIF files say it in boxes that every decoder obeys; their EXIF data says nothing more. */
import type { Picture } from "./picture.ts";
import { type PictureKind, textAt, viewOf } from "./picture-file.ts";
import { pngChunks } from "./png-chunks.ts";

/** 1: upright; 2 to 8: mirrored or turned, as EXIF numbers it. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

interface OrientationEntry {
  readonly orientation: Orientation;
  /** Of the number in the file, in bytes. */
  readonly at: number;
  readonly littleEndian: boolean;
}

export function orientationOf(bytes: Uint8Array, kind: PictureKind): Orientation {
  return orientationEntry(bytes, kind)?.orientation ?? 1;
}

/** The file saying that it is upright, so that no decoder turns it. */
export function withoutOrientation(bytes: Uint8Array, kind: PictureKind): Uint8Array {
  const entry = orientationEntry(bytes, kind);
  if (entry === undefined) return bytes;
  const result = bytes.slice();
  viewOf(result).setUint16(entry.at, 1, entry.littleEndian);
  return result;
}

/** The picture stood up. */
export function upright(picture: Picture, orientation: Orientation): Picture {
  if (orientation === 1) return picture;
  const { width, height, data } = picture;
  const turned = orientation >= 5;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const result = { width: turned ? height : width, height: turned ? width : height, data: new Uint8ClampedArray(data.length) };
  // From one pixel of the file to the next in its row, and to the next row, in the direction in which the result is filled.
  const [step, line] = [fromRight ? -3 : 3, (fromBottom ? -3 : 3) * width];
  const [across, down] = turned ? [line, step] : [step, line];
  let start = 3 * ((fromBottom ? height - 1 : 0) * width + (fromRight ? width - 1 : 0));
  for (let y = 0, to = 0; y < result.height; y++, start += down) {
    for (let x = 0, from = start; x < result.width; x++, from += across, to += 3) {
      result.data[to] = data[from]!;
      result.data[to + 1] = data[from + 1]!;
      result.data[to + 2] = data[from + 2]!;
    }
  }
  return result;
}

function orientationEntry(bytes: Uint8Array, kind: PictureKind): OrientationEntry | undefined {
  try {
    const start = { JPEG: exifOfJpeg, PNG: exifOfPng, WebP: exifOfWebp, GIF: undefined, AVIF: undefined, BMP: undefined }[kind]?.(bytes);
    return start === undefined ? undefined : entryOf(bytes, start);
  } catch (error) {
    // EXIF data that ends early says nothing.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @param start - of the EXIF data, which is a TIFF file; some programs put its name before it */
function entryOf(bytes: Uint8Array, start: number): OrientationEntry | undefined {
  const tiff = textAt(bytes, start, 6) === "Exif\0\0" ? start + 6 : start;
  const order = textAt(bytes, tiff, 2);
  if (order !== "II" && order !== "MM") return undefined;
  const littleEndian = order === "II";
  const view = viewOf(bytes);
  const directory = tiff + view.getUint32(tiff + 4, littleEndian);
  for (let i = 0; i < view.getUint16(directory, littleEndian); i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, littleEndian) !== 0x0112) continue;
    const [short, long] = [3, 4];
    const type = view.getUint16(entry + 2, littleEndian);
    const at = entry + (type === long && !littleEndian ? 10 : 8);
    const orientation = view.getUint16(at, littleEndian);
    if ((type !== short && type !== long) || view.getUint32(entry + 4, littleEndian) === 0) return undefined;
    return orientation >= 1 && orientation <= 8 ? { orientation: orientation as Orientation, at, littleEndian } : undefined;
  }
  return undefined;
}

function exifOfJpeg(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint8(at) !== 0xff || view.getUint8(at + 1) === 0xff) at++;
    const marker = view.getUint8(at + 1);
    if (marker === 0xe1 && textAt(bytes, at + 4, 6) === "Exif\0\0") return at + 4;
    if (marker === 0xda || marker === 0xd9) return undefined;
  }
}

function exifOfPng(bytes: Uint8Array): number | undefined {
  for (const { name, start } of pngChunks(bytes)) if (name === "eXIf") return start + 8;
  return undefined;
}

function exifOfWebp(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (textAt(bytes, at, 4) === "EXIF") return at + 8;
    at += 8 + length + (length % 2);
  }
  return undefined;
}
