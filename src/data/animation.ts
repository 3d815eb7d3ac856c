import { gifDurations } from "./gif-frames.ts";
import { type PictureKind, textAt, viewOf } from "./picture-file.ts";
import { pngChunks } from "./png-chunks.ts";

/**
 * How long each frame of an animation is seen, in milliseconds; a single 0 for a still picture. Read from the file's structure: nothing is decoded.
 * @throws RangeError when the file is cut short, or a frame of a GIF ends early
 */
export function frameDurations(bytes: Uint8Array, kind: PictureKind): readonly number[] {
  const reader = { GIF: gifDurations, WebP: webpDurations, PNG: pngDurations, JPEG: undefined, AVIF: undefined, BMP: undefined }[kind];
  const durations = [...(reader?.(bytes) ?? [])];
  // Browsers show frames that claim 10 ms or less for 100 ms: old files mean "as fast as you can".
  return durations.length < 2 ? [0] : durations.map((duration) => (duration <= 10 ? 100 : duration));
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
  let animated = false;
  for (const { name, start } of pngChunks(bytes)) {
    animated ||= name === "acTL";
    if (name === "fcTL") yield (1000 * view.getUint16(start + 28)) / (view.getUint16(start + 30) || 100);
    last = name;
  }
  if (animated && last !== "IEND") throw new RangeError("its end is missing");
}

/** Numbers of frames in the middle of equal stretches of time, ascending; all of them when there are no more than asked for. */
export function evenlySpread(durations: readonly number[], count: number): readonly number[] {
  if (durations.length <= count) return [...durations.keys()];
  const total = durations.reduce((sum, duration) => sum + duration, 0);
  const ends: number[] = [];
  for (const duration of durations) ends.push((ends.at(-1) ?? 0) + duration);
  return Array.from({ length: count }, (_, i) => ends.findIndex((end) => ((i + 0.5) * total) / count < end));
}
