import { z } from "zod";
import type { Picture } from "./picture.ts";
import { resize } from "./resize.ts";

const channels = z.tuple([z.number(), z.number(), z.number()]);

/** How a picture becomes what a vision encoder was trained on. */
export const preprocessingConfig = z.strictObject({
  /** Height and width of the result in pixels. */
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]),
  /** `crop`: the shorter edge fills the result, the middle is kept. `pad`: the longer edge does, the rest is background. `squash`: both, whatever the proportions. */
  fit: z.enum(["crop", "pad", "squash"]),
  interpolation: z.enum(["bicubic", "bilinear"]).default("bicubic"),
  /** Colour of padding, and of what shines through transparent pixels: bytes of red, green, blue. */
  background: channels.default([255, 255, 255]),
  /** Subtracted from values between 0 and 1, by channel. */
  mean: channels,
  /** What the differences are divided by. */
  deviation: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
});
export type PreprocessingConfig = z.output<typeof preprocessingConfig>;
/** Of values between 0 and 1, by channel. */
export type PixelNormalisation = Readonly<Record<"mean" | "deviation", readonly [number, number, number]>>;

/** @returns [3, height, width], normalised */
export function preprocess(picture: Picture, config: PreprocessingConfig): Float32Array {
  const { data, width, height } = fitted(picture, config);
  const area = width * height;
  const result = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel++) {
    const mean = config.mean[channel]!;
    const deviation = config.deviation[channel]!;
    for (let i = 0; i < area; i++) result[channel * area + i] = (data[3 * i + channel]! / 255 - mean) / deviation;
  }
  return result;
}

/** The picture in the size that the encoder takes. */
export function fitted(picture: Picture, { size: [height, width], fit, interpolation, background }: PreprocessingConfig): Picture {
  if (fit === "squash") return resize(picture, width, height, interpolation);
  const scales = [width / picture.width, height / picture.height] as const;
  const scale = fit === "crop" ? Math.max(...scales) : Math.min(...scales);
  // As torchvision: the edge that decides is exact, the other one is cut to whole pixels.
  const exact = (target: number, length: number, own: number): number => (own === scale ? target : Math.max(1, Math.trunc(length * scale)));
  const resized = resize(picture, exact(width, picture.width, scales[0]), exact(height, picture.height, scales[1]), interpolation);
  return placed(resized, width, height, background);
}

/** The picture in the middle of a canvas; what does not fit is cut off. */
function placed(picture: Picture, width: number, height: number, background: readonly number[]): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const data = new Uint8ClampedArray(width * height * 3).map((_, i) => background[i % 3]!);
  const left = offset(width, picture.width);
  const top = offset(height, picture.height);
  for (let y = Math.max(0, top); y < Math.min(height, top + picture.height); y++) {
    const from = Math.max(0, -left);
    const count = Math.min(picture.width - from, width - Math.max(0, left));
    const start = ((y - top) * picture.width + from) * 3;
    data.set(picture.data.subarray(start, start + count * 3), (y * width + Math.max(0, left)) * 3);
  }
  return { width, height, data };
}

/** Rounds halves to even, as Python's `round` in torchvision's centre crop. */
function offset(outer: number, inner: number): number {
  const half = Math.abs(outer - inner) / 2;
  const rounded = Math.floor(half) + (half % 1 === 0.5 ? Math.floor(half) % 2 : 0);
  return outer >= inner ? rounded : -rounded;
}
