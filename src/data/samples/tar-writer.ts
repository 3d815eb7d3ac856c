/** Files in one: a plain POSIX.1-1988 tar, the same bytes for the same files on every machine and day. */
import { DataError } from "../errors.ts";

const blockBytes = 512;
const mostNameBytes = 100;

export interface TarEntry {
  /** With slashes between folders: at most 100 bytes in UTF-8. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @throws DataError when a name is too long */
export function tarOf(files: readonly TarEntry[]): Uint8Array {
  const padded = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;
  // Two blocks of zeros are its end.
  const tar = new Uint8Array(files.reduce((sum, { bytes }) => sum + blockBytes + padded(bytes.length), 2 * blockBytes));
  let at = 0;
  for (const { name, bytes } of files) {
    tar.set(header(name, bytes.length), at);
    tar.set(bytes, at + blockBytes);
    at += blockBytes + padded(bytes.length);
  }
  return tar;
}

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const encoder = new TextEncoder();
  const named = encoder.encode(name);
  if (named.length === 0 || named.length > mostNameBytes)
    throw new DataError(`${name}: a name in a tar has 1 to ${mostNameBytes} bytes; give the file a shorter one`);
  const write = (text: string, place: number): void => block.set(encoder.encode(text), place);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  block.set(named);
  write(octal(0o644, 7), 100);
  write(octal(0, 7), 108);
  write(octal(0, 7), 116);
  write(octal(size, 11), 124);
  // No time: nothing here depends on when it was made.
  write(octal(0, 11), 136);
  write("        ", 148);
  write("0ustar\0", 156);
  write("00", 263);
  write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  );
  return block;
}
