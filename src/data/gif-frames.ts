import { viewOf } from "./picture-file.ts";

/**
 * How long each frame of a GIF is seen, in milliseconds.
 * @throws RangeError when the file is cut short or a frame has too few pixels: libvips makes up the rest of it, browsers and Pillow refuse it
 */
export function* gifDurations(bytes: Uint8Array): Generator<number> {
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
      const pixels = view.getUint16(at + 5, true) * view.getUint16(at + 7, true);
      const start = at + 10 + colourTable(view.getUint8(at + 9));
      at = pastBlocks(start + 1);
      if (!holds(bytes, start, pixels)) throw new RangeError("a frame ends early");
      yield duration;
      duration = 0;
      // Nor need it be the right one.
    } else if (at === bytes.length - 1) return;
    else throw new Error(`byte ${at} begins no block of a GIF`);
  }
}

/** Whether compressed pixels are as many as they should be: their codes are followed, but no colours are looked up. @param start - of the frame's data: the size of its codes, then blocks */
function holds(bytes: Uint8Array, start: number, pixels: number): boolean {
  const least = bytes[start]!;
  const [clear, end] = [2 ** least, 2 ** least + 1];
  /** How many pixels a code stands for. */
  const lengths = new Uint16Array(4096).fill(1, 0, clear);
  let [next, size, before, found] = [end + 1, least + 1, 0, 0];
  let [waiting, bits] = [0, 0];
  for (let block = start + 1; bytes[block]! > 0; block += 1 + bytes[block]!) {
    for (let at = block + 1; at <= block + bytes[block]!; at++) {
      waiting |= bytes[at]! << bits;
      bits += 8;
      while (bits >= size) {
        const code = waiting & (2 ** size - 1);
        waiting >>>= size;
        bits -= size;
        if (code === end || found >= pixels) return found >= pixels;
        if (code === clear) {
          [next, size, before] = [end + 1, least + 1, 0];
          continue;
        }
        if (code > next || (code === next && before === 0)) return false;
        if (before > 0 && next < 4096) lengths[next++] = before + 1;
        if (next === 2 ** size && size < 12) size++;
        before = lengths[code]!;
        found += before;
      }
    }
  }
  return found >= pixels;
}
