/**
 * BMP files, which libvips does not read: Windows' and OS/2's, of 1 to 32 bits, from the bottom up or from the top down, in plain rows, in runs, or with masks for the colours. Browsers
 * use this too, so that rounding, transparency and refusals are the same everywhere. Colours are made of few bits as Pillow does it, and profiles are left aside, as by Pillow.
 */
import type { InterleavedPixels } from "./interleaved-pixels.ts";

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  /** Of a pixel. */
  readonly bits: number;
  readonly form: "rows" | "runs";
  /** Where the pixels and the palette begin in the file. */
  readonly pixels: number;
  readonly palette: number;
  readonly colours: number;
  /** Bytes of a colour in the palette: blue, green, red, and perhaps one that says nothing. */
  readonly colourBytes: 3 | 4;
  /** Which bits of a pixel are red, green, blue and opacity. */
  readonly masks: readonly number[];
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);

/** By its header alone: the rest may be damaged. Not the rare forms that are not read, such as one with a JPEG in it. */
export function isBmp(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x42 || bytes[1] !== 0x4d || bytes.length < 18) return false;
  if (![12, 16, 40, 52, 56, 64, 108, 124].includes(viewOf(bytes).getUint32(14, true))) return false;
  const [smallest, largest] = [26, 70];
  return bytes.length < (bytes[14] === 12 ? smallest : largest) || bmpHeader(bytes) !== undefined;
}

/** @returns nothing for the forms that are not read @throws RangeError when the file ends within its header */
export function bmpHeader(bytes: Uint8Array): BmpHeader | undefined {
  const view = viewOf(bytes);
  const size = view.getUint32(14, true);
  const oldest = size === 12;
  const width = oldest ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = oldest ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(oldest ? 24 : 28, true);
  const compression = size < 40 ? 0 : view.getUint32(30, true);
  const masked = bits >= 16 && size !== 64 && (compression === 3 || compression === 6);
  const runs = (compression === 1 && bits === 8) || (compression === 2 && bits === 4);
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits) || !(compression === 0 || masked || runs)) return undefined;
  const opacity = compression === 6 || size >= 56;
  const masks = masked ? [54, 58, 62, ...(opacity ? [66] : [])].map((at) => view.getUint32(at, true)) : [];
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const stated = size < 40 ? 0 : view.getUint32(46, true);
  const colours = bits > 8 ? 0 : Math.min(stated || 256, 2 ** bits);
  const palette = 14 + size;
  const colourBytes = oldest ? 3 : 4;
  const offset = view.getUint32(10, true);
  const masksAfter = size === 40 ? 4 * masks.length : 0;
  // Some programs leave the palette out when they say where the pixels begin, or do not say it at all.
  const pixels = offset === 0 ? palette + masksAfter + colourBytes * colours : offset === palette ? palette + colourBytes * colours : offset;
  return {
    ...{ width, height: Math.abs(height), topDown: height < 0, bits, form: runs ? "runs" : "rows", pixels, palette, colours, colourBytes },
    masks: masks.some((mask) => mask !== 0) ? masks : usual,
  };
}

/** @throws RangeError when the file is cut short; Error when its parts overlap */
export function decodeBmp(bytes: Uint8Array): InterleavedPixels {
  const header = bmpHeader(bytes)!;
  const { width, height, topDown, bits, form, masks } = header;
  if (header.pixels < header.palette) throw new Error("its pixels begin within its header");
  const readLine = form === "runs" ? linesOfRuns(bytes, header) : linesOfRows(bytes, header);
  const tables = bits > 8 ? tablesOfMasks(header) : tablesOfPalette(bytes, header);
  const values = new Uint32Array(width);
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    readLine(topDown ? y : height - 1 - y, values);
    for (const [c, { mask, shift, bytes }] of tables.entries()) {
      for (let x = 0, to = 4 * width * y + c; x < width; x++, to += 4) data[to] = bytes[(values[x]! & mask) >>> shift]!;
    }
  }
  // Opacity of nothing everywhere is a channel that was never filled.
  if (masks[3] !== undefined && data.every((value, i) => i % 4 < 3 || value === 0)) for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width, height, channels: 4, data };
}

/** Fills in the pixels of a line of the file, the first being the first in the file. */
type LineReader = (line: number, values: Uint32Array) => void;

function linesOfRows(bytes: Uint8Array, { width, height, bits, pixels }: BmpHeader): LineReader {
  const stride = 4 * Math.ceil((width * bits) / 32);
  // The last line may lack what fills it up.
  if (pixels + stride * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length) throw new RangeError("its pixels end early");
  const step = bits / 8;
  return (line, values) => {
    const start = pixels + stride * line;
    for (let x = 0, at = start; x < width; x++, at += step) {
      if (bits < 8) values[x] = (bytes[start + ((x * bits) >>> 3)]! >> (8 - bits - ((x * bits) & 7))) & (2 ** bits - 1);
      else if (bits === 8) values[x] = bytes[at]!;
      else if (bits === 16) values[x] = bytes[at]! | (bytes[at + 1]! << 8);
      else values[x] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bits === 32 ? bytes[at + 3]! << 24 : 0);
    }
  };
}

/** Pixels that the runs pass over have the palette's first colour, as in Pillow. */
function linesOfRuns(bytes: Uint8Array, { width, height, bits, pixels }: BmpHeader): LineReader {
  const all = new Uint8Array(width * height);
  let [at, x, line] = [pixels, 0, 0];
  const next = (): number => {
    if (at >= bytes.length) throw new RangeError("its pixels end early");
    return bytes[at++]!;
  };
  const put = (value: number): void => {
    if (x < width && line < height) all[line * width + x] = value;
    x++;
  };
  const half = (pair: number, i: number): number => (i % 2 === 0 ? pair >> 4 : pair & 15);
  while (line < height - 1 || (line === height - 1 && x < width)) {
    const count = next();
    const value = next();
    if (count > 0) for (let i = 0; i < count; i++) put(bits === 8 ? value : half(value, i));
    else if (value === 0) [x, line] = [0, line + 1];
    else if (value === 1) {
      if (line < height - 1) throw new RangeError("its pixels end early");
      break;
    } else if (value === 2) [x, line] = [x + next(), line + next()];
    else {
      if (x + value > width) throw new Error("its pixels leave their line");
      const start = at;
      for (let i = 0, pair = 0; i < value; i++) {
        if (bits === 8 || i % 2 === 0) pair = next();
        put(bits === 8 ? pair : half(pair, i));
      }
      if ((at - start) % 2 === 1) next();
    }
  }
  return (line, values) => values.set(all.subarray(line * width, (line + 1) * width));
}

/** What a channel makes of some bits of a pixel. */
interface ChannelTable {
  readonly mask: number;
  readonly shift: number;
  readonly bytes: Uint8Array;
}

/** Numbers beyond the palette's end are black. */
function tablesOfPalette(bytes: Uint8Array, { palette, colours, colourBytes, pixels }: BmpHeader): readonly ChannelTable[] {
  const whole = Math.min(colours, Math.floor((Math.min(pixels, bytes.length) - palette) / colourBytes));
  const channel = (place: number): Uint8Array => Uint8Array.from({ length: 256 }, (_, i) => (i < whole ? bytes[palette + colourBytes * i + place]! : 0));
  return [channel(2), channel(1), channel(0), new Uint8Array(256).fill(255)].map((bytes) => ({ mask: 255, shift: 0, bytes }));
}

function tablesOfMasks({ masks }: BmpHeader): readonly ChannelTable[] {
  return [0, 1, 2, 3].map((c) => {
    const given = masks[c] ?? 0;
    if (given === 0) return { mask: 0, shift: 0, bytes: Uint8Array.of(c === 3 ? 255 : 0) };
    // Of more than 16 bits the first 16 say enough.
    const shift = Math.max(31 - Math.clz32(given & -given), 16 - Math.clz32(given));
    const most = given >>> shift;
    // Cut, not rounded, as Pillow does it.
    return { mask: given, shift, bytes: Uint8Array.from({ length: most + 1 }, (_, i) => Math.floor((255 * i) / most)) };
  });
}
