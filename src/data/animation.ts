import { type PictureKind, textAt, viewOf } from "./picture-file.ts";
import { pngChunks } from "./png-chunks.ts";

/**
 * How long each frame of an animation is seen, in milliseconds; a single 0 for a still picture. Read from the file's structure: nothing is decoded.
 * @throws RangeError when the file is cut short
 */
export function frameDurations(bytes: Uint8Array, kind: PictureKind): readonly number[] {
  const reader = { GIF: gifDurations, WebP: webpDurations, PNG: pngDurations, JPEG: undefined, AVIF: undefined }[kind];
  const durations = [...(reader?.(bytes) ?? [])];
  // Browsers show frames that claim 10 ms or less for 100 ms: old files mean "as fast as you can".
  return durations.length < 2 ? [0] : durations.map((duration) => (duration <= 10 ? 100 : duration));
}

function* gifDurations(bytes: Uint8Array): Generator<number> {
  const view = viewOf(bytes);
  const colourTable = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  const pastBlocks = (from: number): number => {
    let at = from;
    while (view.getUint8(at) > 0) at += 1 + view.getUint8(at);
    return at + 1;
  };
  let at = 13 + colourTable(view.getUint8(10));
  let duration = 0;
  // Some programs leave out the byte that ends a GIF.
  while (at < bytes.length && bytes[at] !== 0x3b) {
    if (bytes[at] === 0x21) {
      if (bytes[at + 1] === 0xf9) duration = 10 * view.getUint16(at + 4, true);
      at = pastBlocks(at + 2);
    } else if (bytes[at] === 0x2c) {
      at = pastBlocks(at + 11 + colourTable(view.getUint8(at + 9)));
      yield duration;
      duration = 0;
    } else throw new Error(`byte ${at} begins no block of a GIF`);
  }
}

function* webpDurations(bytes: Uint8Array): Generator<number> {
  const view = viewOf(bytes);
  for (let at = 12; at < bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) throw new RangeError("its last chunk is not whole");
    if (textAt(bytes, at, 4) === "ANMF") yield view.getUint16(at + 20, true) + 65536 * view.getUint8(at + 22);
    at += 8 + length + (length % 2);
  }
}

function* pngDurations(bytes: Uint8Array): Generator<number> {
  const view = viewOf(bytes);
  let last = "";
  for (const { name, start } of pngChunks(bytes)) {
    if (name === "fcTL") yield (1000 * view.getUint16(start + 28)) / (view.getUint16(start + 30) || 100);
    last = name;
  }
  if (last !== "IEND") throw new RangeError("its end is missing");
}

/** Numbers of frames in the middle of equal stretches of time, ascending; all of them when there are no more than asked for. */
export function evenlySpread(durations: readonly number[], count: number): readonly number[] {
  if (durations.length <= count) return [...durations.keys()];
  const total = durations.reduce((sum, duration) => sum + duration, 0);
  const ends: number[] = [];
  for (const duration of durations) ends.push((ends.at(-1) ?? 0) + duration);
  return Array.from({ length: count }, (_, i) => ends.findIndex((end) => ((i + 0.5) * total) / count < end));
}
