import { textAt, viewOf } from "./picture-file.ts";

export interface PngChunk {
  readonly name: string;
  /** Where the chunk begins and ends in the file, with its length, name and checksum. */
  readonly start: number;
  readonly end: number;
}

/** Chunks of a PNG file in order; of a file that is cut short, those that are whole. */
export function* pngChunks(bytes: Uint8Array): Generator<PngChunk> {
  const view = viewOf(bytes);
  for (let start = 8; start + 12 <= bytes.length; ) {
    const end = start + 12 + view.getUint32(start);
    if (end > bytes.length) return;
    yield { name: textAt(bytes, start + 4, 4), start, end };
    start = end;
  }
}

/** The file without chunks of these names. */
export function withoutChunks(bytes: Uint8Array, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes);
  let length = 0;
  let kept = 0;
  for (const { name, start, end } of pngChunks(bytes)) {
    if (!names.includes(name)) continue;
    result.copyWithin(length, kept, start);
    length += start - kept;
    kept = end;
  }
  result.copyWithin(length, kept);
  return result.subarray(0, length + bytes.length - kept);
}

/** The file with its end, where only that is missing: some decoders insist on it. */
export function withEnd(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let last: PngChunk | undefined;
  for (const chunk of pngChunks(bytes)) last = chunk;
  if (last === undefined || last.name === "IEND" || last.end < bytes.length) return bytes;
  const result = new Uint8Array(bytes.length + emptyEnd.length);
  result.set(bytes);
  result.set(emptyEnd, bytes.length);
  return result;
}

const emptyEnd = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];
