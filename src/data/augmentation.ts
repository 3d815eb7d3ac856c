/** Random changes of pictures that say the same afterwards, so that a vision encoder does not learn them by heart. */
import * as z from "zod";
import type { Picture } from "./picture.ts";
import type { Random } from "./random.ts";

const strength = z.number().min(0).max(1).default(0);

/** Factors of colour are drawn from `1 - strength` to `1 + strength`, as torchvision's ColorJitter does. */
export const augmentationConfig = z.strictObject({
  /** How often left and right change places. Captions that name a side are wrong then. */
  flip: z.number().min(0).max(1).default(0),
  brightness: strength,
  contrast: strength,
  saturation: strength,
});
export type AugmentationConfig = z.output<typeof augmentationConfig>;

/** @param random - the same numbers give the same picture */
export function augmented(picture: Picture, { flip, brightness, contrast, saturation }: AugmentationConfig, random: Random): Picture {
  const turned = random.chance(flip) ? flipped(picture) : picture;
  const changes = random.shuffle([
    [brightness, adjustBrightness],
    [contrast, adjustContrast],
    [saturation, adjustSaturation],
  ] as const);
  return changes.reduce((result, [most, change]) => {
    const factor = random.between(1 - most, 1 + most);
    return most === 0 ? result : change(result, factor);
  }, turned);
}

/** Left and right change places. */
export function flipped({ width, height, data }: Picture): Picture {
  const result = new Uint8ClampedArray(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      result.set(data.subarray(from, from + 3), 3 * (y * width + width - 1 - x));
    }
  return { width, height, data: result };
}

/** torchvision's `adjust_brightness` of bytes. */
export function adjustBrightness(picture: Picture, factor: number): Picture {
  return blended(picture, factor, () => 0);
}

/** torchvision's `adjust_contrast` of bytes: away from the mean grey. */
export function adjustContrast(picture: Picture, factor: number): Picture {
  const { data } = picture;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += Math.floor(greyAt(data, i));
  const grey = sum / (data.length / 3);
  return blended(picture, factor, () => grey);
}

/** torchvision's `adjust_saturation` of bytes: away from each pixel's own grey. */
export function adjustSaturation(picture: Picture, factor: number): Picture {
  return blended(picture, factor, (i) => Math.floor(greyAt(picture.data, i)));
}

function greyAt(data: Picture["data"], i: number): number {
  return 0.2989 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
}

/** `factor · picture + (1 - factor) · other`, cut off below 0 and above 255, and downwards to bytes. */
function blended({ width, height, data }: Picture, factor: number, other: (pixel: number) => number): Picture {
  const result = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const far = (1 - factor) * other(i);
    // Rounded to float32 first, so that a grey of 7 that is to stay one does not become 6 by the last bit of a double.
    for (let channel = 0; channel < 3; channel++) result[i + channel] = Math.floor(Math.fround(Math.min(255, Math.max(0, factor * data[i + channel]! + far))));
  }
  return { width, height, data: result };
}
