/**
 * The difference hash (dHash, Krawetz 2013) of a picture, of its rows and of its columns: whether brightness rises from each pixel of a tiny copy to the next, 128 bits. Copies that were resized, compressed or
 * recoloured a little differ in few of them.
 */
import type { Picture } from "../picture.ts";
import { resize } from "../resize.ts";

const edge = 8;

/** @returns 32 hexadecimal digits */
export function differenceHash(picture: Picture): string {
  const across = brightness(resize(picture, edge + 1, edge, "bilinear"));
  const down = brightness(resize(picture, edge, edge + 1, "bilinear"));
  let digits = "";
  let bits = 0;
  let count = 0;
  const put = (bit: boolean): void => {
    bits = 2 * bits + (bit ? 1 : 0);
    if (++count % 4 > 0) return;
    digits += bits.toString(16);
    bits = 0;
  };
  for (let y = 0; y < edge; y++) for (let x = 0; x < edge; x++) put(rises(across, y * (edge + 1) + x, 1));
  for (let y = 0; y < edge; y++) for (let x = 0; x < edge; x++) put(rises(down, y * edge + x, edge));
  return digits;
}

/** By more than what compression does to plain areas. */
function rises(values: readonly number[], from: number, step: number): boolean {
  return values[from + step]! - values[from]! > 2;
}

function brightness({ data }: Picture): number[] {
  return Array.from({ length: data.length / 3 }, (_, i) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!);
}

/** Bits that differ. */
export function hashDistance(a: string, b: string): number {
  let distance = 0;
  for (let at = 0; at < a.length; at += 8) {
    let differing = Number.parseInt(a.slice(at, at + 8), 16) ^ Number.parseInt(b.slice(at, at + 8), 16);
    for (; differing !== 0; differing &= differing - 1) distance++;
  }
  return distance;
}
