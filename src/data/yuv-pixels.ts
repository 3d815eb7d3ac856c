import type { Picture } from "./picture.ts";

/** A frame as decoders of films give it: brightness, then two planes of colour that may be smaller. */
export interface YuvPixels {
  readonly width: number;
  readonly height: number;
  readonly planes: readonly [YuvPlane, YuvPlane, YuvPlane];
  /** Columns and rows of the frame to one of the planes of colour: 2 or 1. */
  readonly columns: number;
  readonly rows: number;
  /** Of a sample: 8 to 12. */
  readonly bits: number;
  readonly matrix: YuvMatrix;
  /** Whether brightness takes all of its range, or 16 to 235 of 255. */
  readonly fullRange: boolean;
}

export interface YuvPlane {
  readonly samples: Uint8Array | Uint16Array;
  /** Samples from one row to the next. */
  readonly stride: number;
}

/** Which colours the planes mean. */
export type YuvMatrix = keyof typeof shares;

/** Shares of red and blue in brightness. */
const shares = { "BT.601": [0.299, 0.114], "BT.709": [0.2126, 0.0722], "BT.2020": [0.2627, 0.0593] } as const;

/** Red, green and blue. Colour is interpolated between its samples, which lie on the left column and between the rows, as codecs have them unless told otherwise. */
export function fromYuv({ width, height, planes, columns, rows, bits, matrix, fullRange }: YuvPixels): Picture {
  const [red, blue] = shares[matrix];
  const [brightness, first, second] = planes;
  const most = 2 ** bits - 1;
  const unit = 2 ** (bits - 8);
  const black = fullRange ? 0 : 16 * unit;
  const scale = 255 / (fullRange ? most : 219 * unit);
  const colourScale = 255 / (fullRange ? most : 224 * unit);
  const [toRed, toBlue] = [2 * (1 - red) * colourScale, 2 * (1 - blue) * colourScale];
  const grey = 128 * unit;
  const chromaWidth = Math.ceil(width / columns);
  const chromaHeight = Math.ceil(height / rows);
  const rowBlue = new Float32Array(chromaWidth);
  const rowRed = new Float32Array(chromaWidth);
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, out = 0; y < height; y++) {
    const at = rows === 1 ? y : (y - 0.5) / 2;
    const above = Math.max(0, Math.floor(at));
    const below = Math.min(chromaHeight - 1, Math.floor(at) + 1);
    const part = at - Math.floor(at);
    for (let x = 0; x < chromaWidth; x++) {
      rowBlue[x] = (1 - part) * first.samples[above * first.stride + x]! + part * first.samples[below * first.stride + x]! - grey;
      rowRed[x] = (1 - part) * second.samples[above * second.stride + x]! + part * second.samples[below * second.stride + x]! - grey;
    }
    for (let x = 0; x < width; x++) {
      const place = x / columns;
      const left = Math.max(0, Math.floor(place));
      const right = Math.min(chromaWidth - 1, Math.floor(place) + 1);
      const share = place - Math.floor(place);
      const b = toBlue * ((1 - share) * rowBlue[left]! + share * rowBlue[right]!);
      const r = toRed * ((1 - share) * rowRed[left]! + share * rowRed[right]!);
      const light = scale * (brightness.samples[y * brightness.stride + x]! - black);
      data[out++] = light + r;
      data[out++] = light - (red * r + blue * b) / (1 - red - blue);
      data[out++] = light + b;
    }
  }
  return { width, height, data };
}
