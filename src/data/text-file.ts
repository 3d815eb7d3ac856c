import { DataError } from "./errors.ts";

/**
 * The text in a file that somebody else wrote: UTF-8, of which a byte order mark at its beginning is no part.
 * @param name - what errors call the file
 * @throws DataError when it is something else, naming the first line that is
 */
export function textOf(bytes: Uint8Array, name: string): string {
  // In UTF-16 every second byte of plain text is 0, with a byte order mark or without.
  const wide =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes.length > 1 && (bytes[0] === 0) !== (bytes[1] === 0));
  if (wide) throw new DataError(`${name} is UTF-16 text; save it as UTF-8`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DataError(`${name}, line ${firstOtherLine(bytes)}: not UTF-8; save the file as UTF-8`, { cause: error });
  }
}

/** @throws DataError when it is not JSON, or {@link textOf} cannot read it */
export function jsonOf(bytes: Uint8Array, name: string): unknown {
  return jsonIn(textOf(bytes, name), name);
}

/** @throws DataError when it is not JSON */
export function jsonIn(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`${name} is not JSON (${(error as Error).message}); it is damaged or another file`, { cause: error });
  }
}

/** Counted from 1. */
function firstOtherLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let start = 0, line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    try {
      decoder.decode(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    start = end + 1;
  }
}
