/**
 * Antialiased resizing exactly as Pillow up to 10 does it, since published vision encoders were trained on its pixels: two passes, each over bytes, with weights in fixed point
 * of 22 bits.
 */
import type { Picture } from "./picture.ts";

export type Interpolation = "bicubic" | "bilinear";

/** A part of a picture, in pixels. */
export interface PictureWindow {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Filter {
  readonly support: number;
  weigh(x: number): number;
}

const filters: Readonly<Record<Interpolation, Filter>> = {
  bilinear: { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys' cubic with a = -0.5.
  bicubic: {
    support: 2,
    weigh(x) {
      const t = Math.abs(x);
      if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
      return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
    },
  },
};

const precision = 2 ** 22;

/** What one pixel of the result is made of. */
interface Tap {
  readonly first: number;
  /** One beyond the last. */
  readonly end: number;
  readonly weights: Int32Array;
}

/**
 * Computes only what is in the window, from only the pixels that this takes; it is to the byte what the whole result holds there.
 * @param width - of the whole result @param height - of the whole result @param window - the part of the result that is wanted; default: all of it
 */
export function resize(
  picture: Picture,
  width: number,
  height: number,
  interpolation: Interpolation,
  window: PictureWindow = { left: 0, top: 0, width, height },
): Picture {
  if (picture.width === width && picture.height === height && window.width === width && window.height === height) return picture;
  const columns = taps(picture.width, width, window.left, window.width, filters[interpolation]);
  const rows = taps(picture.height, height, window.top, window.height, filters[interpolation]);
  const stride = 3 * window.width;
  const row = new Uint8ClampedArray(stride);
  // Whole numbers below 2 ** 53 in any order, so that each row is read once and no picture between the two passes is kept.
  const sums = new Float64Array(stride * window.height).fill(precision / 2);
  let begun = 0;
  for (let y = rows[0]!.first; y < rows.at(-1)!.end; y++) {
    while (rows[begun]!.end <= y) begun++;
    resizeRow(picture, y, columns, row);
    for (let i = begun; i < rows.length && rows[i]!.first <= y; i++) {
      const weight = rows[i]!.weights[y - rows[i]!.first]!;
      for (let x = 0, to = i * stride; x < stride; x++, to++) sums[to]! += row[x]! * weight;
    }
  }
  const data = new Uint8ClampedArray(sums.length);
  for (let i = 0; i < sums.length; i++) data[i] = Math.floor(sums[i]! / precision); // the array clamps
  return { width: window.width, height: window.height, data };
}

function taps(from: number, to: number, start: number, count: number, { support, weigh }: Filter): readonly Tap[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    // Multiplied with reciprocals, as Pillow does it: a division rounds differently now and then.
    const shares = new Float64Array(end - first);
    let sum = 0;
    for (let k = 0; k < shares.length; k++) sum += shares[k] = weigh((k + first - centre + 0.5) * (1 / stretch));
    const weights = new Int32Array(shares.length);
    for (let k = 0; k < weights.length; k++) weights[k] = roundHalfAway(shares[k]! * (1 / sum) * precision);
    return { first, end, weights };
  });
}

function roundHalfAway(value: number): number {
  return Math.trunc(value + (value < 0 ? -0.5 : 0.5));
}

function resizeRow({ width, data }: Picture, y: number, columns: readonly Tap[], result: Uint8ClampedArray): void {
  let to = 0;
  for (const { first, weights } of columns) {
    let red = precision / 2;
    let green = red;
    let blue = red;
    for (let k = 0, i = 3 * (y * width + first); k < weights.length; k++, i += 3) {
      const weight = weights[k]!;
      red += data[i]! * weight;
      green += data[i + 1]! * weight;
      blue += data[i + 2]! * weight;
    }
    result[to++] = Math.floor(red / precision);
    result[to++] = Math.floor(green / precision);
    result[to++] = Math.floor(blue / precision);
  }
}
