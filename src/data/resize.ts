/**
 * Antialiased resizing exactly as Pillow up to 10 does it, since published vision encoders were trained on its pixels: two passes, each over bytes, with weights in fixed point
 * of 22 bits.
 */
import type { Picture } from "./picture.ts";

export type Interpolation = "bicubic" | "bilinear";

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
  readonly weights: readonly number[];
}

/** @param width - of the result @param height - of the result */
export function resize(picture: Picture, width: number, height: number, interpolation: Interpolation): Picture {
  const horizontal = picture.width === width ? picture : resizeRows(picture, taps(picture.width, width, filters[interpolation]));
  return picture.height === height ? horizontal : resizeColumns(horizontal, taps(picture.height, height, filters[interpolation]));
}

function taps(from: number, to: number, { support, weigh }: Filter): readonly Tap[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    // Multiplied with reciprocals, as Pillow does it: a division rounds differently now and then.
    const weights = Array.from({ length: end - first }, (_, k) => weigh((k + first - centre + 0.5) * (1 / stretch)));
    const share = 1 / weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => roundHalfAway(weight * share * precision)) };
  });
}

function roundHalfAway(value: number): number {
  return Math.trunc(value + (value < 0 ? -0.5 : 0.5));
}

function resizeRows({ width, height, data }: Picture, columns: readonly Tap[]): Picture {
  const result = new Uint8ClampedArray(columns.length * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (const { first, weights } of columns) {
      const start = (y * width + first) * 3;
      for (let channel = 0; channel < 3; channel++) result[at++] = weighted(data, start + channel, 3, weights);
    }
  }
  return { width: columns.length, height, data: result };
}

function resizeColumns({ width, data }: Picture, rows: readonly Tap[]): Picture {
  const stride = width * 3;
  const result = new Uint8ClampedArray(rows.length * stride);
  let at = 0;
  for (const { first, weights } of rows) {
    for (let x = 0; x < stride; x++) result[at++] = weighted(data, first * stride + x, stride, weights);
  }
  return { width, height: rows.length, data: result };
}

function weighted(data: Uint8ClampedArray, start: number, stride: number, weights: readonly number[]): number {
  let sum = precision / 2;
  for (let k = 0, i = start; k < weights.length; k++, i += stride) sum += data[i]! * weights[k]!;
  return Math.floor(sum / precision); // the array clamps
}
