/** Frames of animated PNG files, which sharp's decoder does not know: each is put into a PNG file of its own, decoded, and laid on what is seen so far. */
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { type InterleavedPixels, onBackground } from "../interleaved-pixels.ts";
import { orientationOf, upright } from "../orientation.ts";
import type { Picture } from "../picture.ts";
import { viewOf } from "../picture-file.ts";
import { type PngChunk, pngChunks } from "../png-chunks.ts";
import type { Background } from "./platform.ts";

/** Part of the canvas that a frame changes, and how: the fields of an `fcTL` chunk. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What becomes of the part when the frame's time is over. */
  readonly after: "stays" | "cleared" | "restored";
  readonly over: boolean;
  /** Compressed pixels. */
  readonly data: Uint8Array[];
}

/** @param wanted - numbers of frames, ascending */
export async function decodeAnimatedPng(bytes: Uint8Array, wanted: readonly number[], background: Background): Promise<Picture[]> {
  const { header, frames } = readFrames(bytes);
  const view = viewOf(bytes);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const canvas = { width, height, channels: 4, data: new Uint8Array(width * height * 4) };
  const pictures: Picture[] = [];
  for (const [number, frame] of frames.slice(0, wanted.at(-1)! + 1).entries()) {
    const before = frame.after === "restored" && number > 0 ? canvas.data.slice() : undefined;
    const { data } = await sharp(fileOf(bytes, header, frame), { limitInputPixels: false, failOn: "warning" })
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    lay(canvas, frame, data);
    if (wanted.includes(number)) pictures.push(upright(onBackground(canvas, background), orientationOf(bytes, "PNG")));
    if (before !== undefined) canvas.data.set(before);
    else if (frame.after !== "stays") clear(canvas, frame);
  }
  return pictures;
}

/** The chunks that all frames share, and the frames; a default picture that is no part of the animation is left out. */
function readFrames(bytes: Uint8Array): { readonly header: readonly PngChunk[]; readonly frames: readonly Frame[] } {
  const view = viewOf(bytes);
  const header: PngChunk[] = [];
  const frames: Frame[] = [];
  let pixelsBegan = false;
  for (const chunk of pngChunks(bytes)) {
    const { name, start, end } = chunk;
    if (name === "fcTL") {
      const [width, height, left, top] = [12, 16, 20, 24].map((at) => view.getUint32(start + at)) as [number, number, number, number];
      const after = (["stays", "cleared", "restored"] as const)[view.getUint8(start + 32)] ?? "stays";
      frames.push({ left, top, width, height, after, over: view.getUint8(start + 33) === 1, data: [] });
    } else if (name === "IDAT") frames.at(-1)?.data.push(bytes.subarray(start + 8, end - 4));
    // After the number that orders it.
    else if (name === "fdAT") frames.at(-1)?.data.push(bytes.subarray(start + 12, end - 4));
    else if (!pixelsBegan && name !== "acTL") header.push(chunk);
    pixelsBegan ||= name === "IDAT";
  }
  const outside = frames.findIndex((frame) => frame.left + frame.width > view.getUint32(16) || frame.top + frame.height > view.getUint32(20));
  if (outside >= 0) throw new Error(`frame ${outside} is larger than the picture`);
  return { header, frames };
}

/** A frame as a still PNG file. */
function fileOf(bytes: Uint8Array, header: readonly PngChunk[], { width, height, data }: Frame): Buffer {
  const chunks = header.map(({ name, start, end }) => {
    if (name !== "IHDR") return bytes.subarray(start, end);
    const content = Buffer.from(bytes.subarray(start + 8, end - 4));
    content.writeUInt32BE(width, 0);
    content.writeUInt32BE(height, 4);
    return pngChunk("IHDR", content);
  });
  return Buffer.concat([bytes.subarray(0, 8), ...chunks, ...data.map((part) => pngChunk("IDAT", part)), pngChunk("IEND", new Uint8Array())]);
}

function pngChunk(name: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const result = Buffer.alloc(named.length + 8);
  result.writeUInt32BE(content.length, 0);
  result.set(named, 4);
  result.writeUInt32BE(crc32(named), named.length + 4);
  return result;
}

function lay({ width, data }: InterleavedPixels, frame: Frame, pixels: Uint8Array): void {
  for (let y = 0; y < frame.height; y++) {
    for (let x = 0; x < frame.width; x++) {
      const from = 4 * (y * frame.width + x);
      const to = 4 * ((y + frame.top) * width + x + frame.left);
      const above = frame.over ? pixels[from + 3]! / 255 : 1;
      const below = (1 - above) * (data[to + 3]! / 255);
      const opacity = frame.over ? above + below : pixels[from + 3]! / 255;
      for (let c = 0; c < 3; c++) {
        const colour = above === 1 ? pixels[from + c]! : opacity === 0 ? 0 : (pixels[from + c]! * above + data[to + c]! * below) / opacity;
        data[to + c] = Math.round(colour);
      }
      data[to + 3] = Math.round(255 * opacity);
    }
  }
}

function clear({ width, data }: InterleavedPixels, frame: Frame): void {
  for (let y = frame.top; y < frame.top + frame.height; y++) data.fill(0, 4 * (y * width + frame.left), 4 * (y * width + frame.left + frame.width));
}
