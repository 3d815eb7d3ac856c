import type { Picture } from "./picture.ts";
import type { Background } from "./platform/platform.ts";

/** Bytes of a picture as decoders give them, row by row. */
export interface InterleavedPixels {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 2: grey and opacity; 3: red, green, blue; 4: these and opacity. */
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Red, green and blue, on a background where there is transparency. */
export function onBackground({ width, height, channels, data }: InterleavedPixels, background: Background): Picture {
  if (channels === 3) return { width, height, data: new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length) };
  const colours = new Uint8ClampedArray(width * height * 3);
  const transparent = channels % 2 === 0;
  const step = channels > 2 ? 1 : 0;
  for (let from = 0, to = 0; to < colours.length; from += channels, to += 3) {
    const opacity = transparent ? data[from + channels - 1]! / 255 : 1;
    for (let c = 0; c < 3; c++) colours[to + c] = data[from + c * step]! * opacity + background[c]! * (1 - opacity); // the array rounds
  }
  return { width, height, data: colours };
}
