/** What the structure of a film's file tells without decoding: whether it is whole, and which way up it was taken. */
import type { Orientation } from "./orientation.ts";
import { textAt, viewOf } from "./picture-file.ts";

interface Box {
  readonly name: string;
  /** Of what is in it. */
  readonly start: number;
  readonly end: number;
}

/** @throws RangeError when it is cut short: decoders would make do with what is there */
export function checkWhole(bytes: Uint8Array): void {
  if (textAt(bytes, 0, 4) === "\x1a\x45\xdf\xa3") checkMatroska(bytes);
  const isMp4 = textAt(bytes, 4, 4) === "ftyp";
  if (isMp4 && [...boxes(bytes, 0, bytes.length)].at(-1)!.end > bytes.length) throw new RangeError("its end is missing");
}

/** Which way up a film of MP4 or QuickTime was taken, as its picture track says: telephones are held upright and film lying. Others do not say. */
export function filmOrientation(bytes: Uint8Array): Orientation {
  if (textAt(bytes, 4, 4) !== "ftyp") return 1;
  const view = viewOf(bytes);
  const inside = ({ start, end }: Box, name: string): Box[] => [...boxes(bytes, start, end)].filter((box) => box.name === name);
  const file: Box = { name: "", start: 0, end: bytes.length };
  for (const track of inside(file, "moov").flatMap((movie) => inside(movie, "trak"))) {
    const handler = inside(track, "mdia").flatMap((media) => inside(media, "hdlr"))[0];
    const header = inside(track, "tkhd")[0];
    if (handler === undefined || header === undefined || textAt(bytes, handler.start + 8, 4) !== "vide") continue;
    // Version 1 has times of 8 bytes.
    const matrix = header.start + (bytes[header.start] === 1 ? 52 : 40);
    const [a, b] = [view.getInt32(matrix), view.getInt32(matrix + 4)];
    return a < 0 ? 3 : b > 0 ? 6 : b < 0 ? 8 : 1;
  }
  return 1;
}

/** Boxes of an ISO media file, one after the other; the last may claim to end after the file does. */
function* boxes(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  const view = viewOf(bytes);
  for (let at = from; at + 8 <= to; ) {
    const short = view.getUint32(at);
    const long = short === 1 && at + 16 <= to;
    // 0: to the end of the file.
    const size = long ? Number(view.getBigUint64(at + 8)) : short === 0 ? to - at : short;
    if (size < 8) return;
    yield { name: textAt(bytes, at + 4, 4), start: at + (long ? 16 : 8), end: at + size };
    at += size;
  }
}

/** An element is its name and its size, each a number whose first byte tells its length, and what is in it. The file is a header and one segment. */
function checkMatroska(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const name = at + lengthOf(bytes[at]!);
    if (name >= bytes.length) throw new RangeError("its end is missing");
    const length = lengthOf(bytes[name]!);
    let size = bytes[name]! & (2 ** (8 - length) - 1);
    // All bits set: whoever wrote it did not know yet.
    let unknown = size === 2 ** (8 - length) - 1;
    for (let i = 1; i < length; i++) {
      size = 256 * size + (bytes[name + i] ?? 0);
      unknown &&= bytes[name + i] === 0xff;
    }
    if (unknown) return;
    at = name + length + size;
    if (at > bytes.length) throw new RangeError("its end is missing");
  }
}

function lengthOf(first: number): number {
  return Math.clz32(first) - 23;
}
