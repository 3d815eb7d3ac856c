import { viewOf } from "./picture-file.ts";

interface JpegSegment {
  readonly marker: number;
  /** Where it begins in the file and ends, without the pixels that follow the header of a scan. */
  readonly start: number;
  readonly end: number;
}

const markers = { end: 0xd9, scan: 0xda, jfif: 0xe0, adobe: 0xee } as const;

/** The segments of a JPEG up to the one that ends it; bytes that belong to none are passed over. */
function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  const view = viewOf(bytes);
  for (let start = 2; ; ) {
    while (start + 1 < bytes.length && (bytes[start] !== 0xff || bytes[start + 1] === 0xff || standsAlone(bytes[start + 1]!))) start++;
    if (start + 1 >= bytes.length) return;
    const marker = bytes[start + 1]!;
    if (marker === markers.end) return yield { marker, start, end: start + 2 };
    if (start + 4 > bytes.length) return;
    const end = Math.min(bytes.length, start + 2 + view.getUint16(start + 2));
    yield { marker, start, end };
    start = marker === markers.scan ? endOfScan(bytes, end) : end;
  }
}

/** Whether the file has its end: decoders do not look for it once they have enough pixels, be they of zeros that stand for what was never downloaded. */
export function hasJpegEnd(bytes: Uint8Array): boolean {
  for (const { marker } of jpegSegments(bytes)) if (marker === markers.end) return true;
  return false;
}

/**
 * The file with its headers put right wherever libjpeg would only warn: then whatever it still warns of is damage to the pixels, and can be refused. Telephones write such files, and
 * Pillow and browsers read them. The pixels themselves are left alone.
 */
export function withPlainHeaders(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  let length = 0;
  const keep = (from: number, to: number): Uint8Array => {
    const kept = result.subarray(length, length + to - from);
    kept.set(bytes.subarray(from, to));
    length += kept.length;
    return kept;
  };
  keep(0, 2);
  let sequential = true;
  for (const { marker, start, end } of jpegSegments(bytes)) {
    const segment = keep(start, end);
    // Of the kinds of frames only the first two have their pixels in sequence; 0xc4 is no frame.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4) sequential = marker <= 0xc1;
    if (marker === markers.jfif && String.fromCharCode(...segment.subarray(4, 8)) === "JFIF") segment[9] = 1;
    if (marker === markers.adobe && segment.length >= 16 && segment[15]! > 2) segment[15] = 2;
    if (marker !== markers.scan) continue;
    if (sequential) segment.set([0, 63, 0], segment.length - 3);
    countRestarts(keep(end, endOfScan(bytes, end)));
  }
  return result.subarray(0, length);
}

/** Markers without a length: none, a restart, the start of a picture. */
function standsAlone(marker: number): boolean {
  return marker === 0 || marker === 1 || isRestart(marker) || marker === 0xd8;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

function endOfScan(bytes: Uint8Array, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && at + 1 < bytes.length && (bytes[at + 1] === 0 || isRestart(bytes[at + 1]!))) at = bytes.indexOf(0xff, at + 2);
  return at < 0 ? bytes.length : at;
}

/** A restart that is missing shows as damage all the same. */
function countRestarts(scan: Uint8Array): void {
  let count = 0;
  for (let at = scan.indexOf(0xff); at >= 0; at = scan.indexOf(0xff, at + 2)) if (isRestart(scan[at + 1] ?? 0)) scan[at + 1] = 0xd0 + (count++ % 8);
}
