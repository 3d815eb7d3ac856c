/** What the first bytes of a file tell: its kind and its size in pixels, so that a limit can be checked before anything is decoded. */

import { bmpHeader, isBmp } from "./bmp.ts";

export type PictureKind = "JPEG" | "PNG" | "WebP" | "GIF" | "AVIF" | "BMP";

export interface PictureHeader {
  readonly kind: PictureKind;
  /** Before the picture is stood up. */
  readonly width: number;
  readonly height: number;
  /** Inks of print instead of colours of light. */
  readonly cmyk: boolean;
}

export function textAt(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The kind of picture, from its signature alone: the rest may be damaged. */
export function pictureKind(bytes: Uint8Array): PictureKind | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "JPEG";
  if (textAt(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "PNG";
  if (/^GIF8[79]a$/.test(textAt(bytes, 0, 6))) return "GIF";
  if (textAt(bytes, 0, 4) === "RIFF" && textAt(bytes, 8, 4) === "WEBP") return "WebP";
  if (isBmp(bytes)) return "BMP";
  return brandsOf(bytes).some((brand) => brand === "avif" || brand === "avis") ? "AVIF" : undefined;
}

/** The brands of an ISO media file, the major one first; none for any other file. */
export function brandsOf(bytes: Uint8Array): readonly string[] {
  if (bytes.length < 16 || textAt(bytes, 4, 4) !== "ftyp") return [];
  const end = Math.min(viewOf(bytes).getUint32(0), bytes.length, 256);
  return [8, ...Array.from({ length: Math.max(0, Math.floor((end - 16) / 4)) }, (_, i) => 16 + 4 * i)].map((start) => textAt(bytes, start, 4));
}

/** @throws RangeError when the file ends within its header; Error when the header makes no sense */
export function pictureHeader(bytes: Uint8Array, kind: PictureKind): PictureHeader {
  const header = { kind, cmyk: false, ...sizeReaders[kind](bytes, viewOf(bytes)) };
  if (header.width > 0 && header.height > 0) return header;
  throw new Error("its header gives no size");
}

type SizeReader = (bytes: Uint8Array, view: DataView) => { readonly width: number; readonly height: number; readonly cmyk?: boolean };

const sizeReaders: Readonly<Record<PictureKind, SizeReader>> = {
  BMP: (bytes) => bmpHeader(bytes) ?? { width: 0, height: 0 },
  PNG: (_, view) => ({ width: view.getUint32(16), height: view.getUint32(20) }),
  GIF: (_, view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  JPEG: jpegSize,
  WebP: webpSize,
  AVIF: avifSize,
};

/** Segments are passed over until the one that opens a frame. */
function jpegSize(_: Uint8Array, view: DataView): ReturnType<SizeReader> {
  let at = 2;
  for (;;) {
    while (view.getUint8(at) !== 0xff || view.getUint8(at + 1) === 0xff) at++;
    const marker = view.getUint8(at + 1);
    const opensFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (opensFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), cmyk: view.getUint8(at + 9) === 4 };
    const standsAlone = marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd9);
    at += standsAlone ? 2 : 2 + view.getUint16(at + 2);
  }
}

function webpSize(bytes: Uint8Array, view: DataView): ReturnType<SizeReader> {
  const form = textAt(bytes, 12, 4);
  if (form === "VP8 ") return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  const packed = view.getUint32(21, true);
  if (form === "VP8L") return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
  const threeBytes = (at: number): number => view.getUint16(at, true) + 65536 * view.getUint8(at + 2);
  if (form === "VP8X") return { width: threeBytes(24) + 1, height: threeBytes(27) + 1 };
  throw new Error(`it has an unknown WebP chunk ${JSON.stringify(form)} first`);
}

/** The largest of the sizes that belong to the picture, its tiles, its transparency and its thumbnail. */
function avifSize(bytes: Uint8Array, view: DataView): ReturnType<SizeReader> {
  let width = 0;
  let height = 0;
  const visit = (start: number, end: number): void => {
    for (let at = start; at + 8 <= end; at += Math.max(8, view.getUint32(at))) {
      const name = textAt(bytes, at + 4, 4);
      const boxEnd = Math.min(end, at + view.getUint32(at));
      // `meta` begins with its version and flags.
      if (name === "meta") visit(at + 12, boxEnd);
      else if (name === "iprp" || name === "ipco") visit(at + 8, boxEnd);
      else if (name === "ispe") {
        width = Math.max(width, view.getUint32(at + 12));
        height = Math.max(height, view.getUint32(at + 16));
      }
    }
  };
  visit(0, bytes.length);
  return { width, height };
}
