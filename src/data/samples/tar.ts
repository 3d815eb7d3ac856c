/**
 * Files of a tar, found by their headers and read by range, so that those that nobody wants are not read. Streaming decoders drop what is before a tear together with what is torn.
 * Forms are POSIX.1-2001's (ustar, PAX) and GNU's.
 */
import { DataError } from "../errors.ts";
import { textAt } from "../picture-file.ts";
import type { BlockReader } from "./block-reader.ts";

const headerBytes = 512;
/** Of a name or of PAX records: more is no tar. */
const mostNameBytes = 1 << 20;

export interface TarFile {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** @throws DataError when a header is damaged, or the tar ends before its end */
export async function* tarFiles(reader: BlockReader, path: string): AsyncGenerator<TarFile> {
  const fail = (problem: string): never => {
    throw new DataError(`${path} is damaged or cut short, or no tar: ${problem}; what comes after that is lost`);
  };
  let longName: string | undefined;
  let records: ReadonlyMap<string, string> = new Map();
  for (let at = 0; ; ) {
    if (at + headerBytes > reader.size) fail(`its end is missing after byte ${at}`);
    const header = await reader.read(at, at + headerBytes);
    if (header.every((byte) => byte === 0)) return;
    if (!hasChecksum(header)) fail(`the header at byte ${at} has another checksum than it says`);
    const type = textAt(header, 156, 1);
    const start = at + headerBytes;
    const described = records.get("size");
    const size = type === "x" || type === "L" || described === undefined ? numberAt(header, 124, 12) : Number(described);
    const end = start + size;
    if (!Number.isSafeInteger(end) || size < 0 || end > reader.size) fail(`the file at byte ${at} is not whole`);
    at = start + Math.ceil(size / headerBytes) * headerBytes;
    if (type === "x" || type === "L") {
      if (size > mostNameBytes) fail(`the name at byte ${start} is ${size} bytes long`);
      const bytes = await reader.read(start, end);
      if (type === "x") records = paxRecords(bytes);
      else longName = textUntilZero(bytes);
      continue;
    }
    if (type === "0" || type === "\0" || type === "7") yield { name: records.get("path") ?? longName ?? nameIn(header), start, end };
    // Global records, links to long names and the like describe nothing that is read here, and not the file after them.
    if (type !== "g" && type !== "K") {
      records = new Map();
      longName = undefined;
    }
  }
}

function hasChecksum(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  return sum === numberAt(header, 148, 8);
}

/** Octal digits; of large numbers GNU writes the bytes themselves. */
function numberAt(header: Uint8Array, from: number, length: number): number {
  if ((header[from]! & 0x80) !== 0) return header.subarray(from + 1, from + length).reduce((value, byte) => 256 * value + byte, header[from]! & 0x7f);
  const digits = textAt(header, from, length).replace(/\0.*$/s, "").trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || "0", 8) : Number.NaN;
}

function nameIn(header: Uint8Array): string {
  const name = textUntilZero(header.subarray(0, 100));
  // GNU has something else in the prefix's place.
  const prefix = textAt(header, 257, 6) === "ustar\0" ? textUntilZero(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textUntilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

/** `LENGTH KEY=VALUE\n`, the length in bytes and of all of it. */
function paxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number.parseInt(textAt(bytes, at, space - at), 10);
    if (!(length > 0)) break;
    const text = new TextDecoder().decode(bytes.subarray(space + 1, at + length - 1));
    records.set(text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1));
    at += length;
  }
  return records;
}
