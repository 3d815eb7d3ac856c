import * as z from "zod";
import type { Picture } from "./picture.ts";
import { resize } from "./resize.ts";

const channels = z.tuple([z.number(), z.number(), z.number()]).readonly();

/** How a picture becomes what a vision encoder was trained on, apart from its size. */
const howPictures = {
  /** `crop`: the shorter edge fills the result, the middle is kept. `pad`: the longer edge does, the rest is background. `squash`: both, whatever the proportions. */
  fit: z.enum(["crop", "pad", "squash"]),
  /** Of `crop` and `squash`: how much of the resized picture's edge is kept, in the middle. Default: 1, all of it. Of 0.875, all four borders lose a sixteenth (224 of 256 pixels). Not for `pad`. */
  middle: z.number().positive().max(1),
  interpolation: z.enum(["bicubic", "bilinear"]),
  /** Colour of padding, and of what shines through transparent pixels: bytes of red, green, blue. */
  background: channels,
  /** Subtracted from values between 0 and 1, by channel. */
  mean: channels,
  /** What the differences are divided by. */
  deviation: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).readonly(),
};

/** What is said where nothing else is. */
const defaults = { interpolation: "bicubic", background: [255, 255, 255] } as const;

/** How a picture becomes what a vision encoder takes. */
export const preprocessingConfig = z
  .strictObject({
    /** Height and width of the result in pixels. */
    size: z.tuple([z.number().int().positive(), z.number().int().positive()]),
    ...howPictures,
    middle: howPictures.middle.optional(),
    interpolation: howPictures.interpolation.default(defaults.interpolation),
    background: howPictures.background.default(defaults.background),
  })
  .refine(({ fit, middle }) => fit !== "pad" || middle === undefined || middle === 1, {
    path: ["middle"],
    error: 'a picture that is padded ("fit" is "pad") is kept whole: leave it out',
  });
export type PreprocessingConfig = z.output<typeof preprocessingConfig>;

/** As much of that as somebody says: the rest is as the encoder's weights come with. */
export const statedPreprocessing = z.strictObject(howPictures).partial();
export type StatedPreprocessing = Partial<Omit<PreprocessingConfig, "size">>;

/** What is found of an encoder's pictures, with what somebody states in its place: whoever says how they are fitted says all of it. */
export function withStated(found: StatedPreprocessing, stated: z.output<typeof statedPreprocessing>): StatedPreprocessing {
  const said = Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined)) as StatedPreprocessing;
  const { middle, ...rest } = found;
  return { ...rest, ...(said.fit !== undefined || middle === undefined ? {} : { middle }), ...said };
}
/** Of values between 0 and 1, by channel. */
export type PixelNormalisation = Readonly<Record<"mean" | "deviation", readonly [number, number, number]>>;

/** @param result - where they go @returns [3, height, width], normalised */
export function preprocess(picture: Picture, config: PreprocessingConfig, result = new Float32Array(3 * config.size[0] * config.size[1])): Float32Array {
  const { data, width, height } = fitted(picture, config);
  const area = width * height;
  for (let channel = 0; channel < 3; channel++) {
    const mean = config.mean[channel]!;
    const deviation = config.deviation[channel]!;
    for (let i = 0; i < area; i++) result[channel * area + i] = (data[3 * i + channel]! / 255 - mean) / deviation;
  }
  return result;
}

/** A picture on its way into the size that an encoder takes. */
export interface PictureLayout {
  /** Of the whole picture after resizing. */
  readonly width: number;
  readonly height: number;
  /** Where its corner comes to lie in the result: negative where it is cut off. */
  readonly left: number;
  readonly top: number;
}

/** To the pixel what models were trained on: `crop` is torchvision's Resize and CenterCrop (timm's and open_clip's; transformers cuts some pictures one pixel further up or left), `pad` open_clip's "longest", for results that are not square `crop` its "shortest". */
export function layout(
  picture: Pick<Picture, "width" | "height">,
  { size: [height, width], fit, middle = 1 }: Pick<PreprocessingConfig, "size" | "fit" | "middle">,
): PictureLayout {
  const [wide, high] = fit === "pad" ? [width, height] : [before(width, middle), before(height, middle)];
  const resized =
    fit === "squash" ? { width: wide, height: high } : fit === "crop" && wide === high ? shorterEdge(picture, wide) : keptRatio(picture, wide, high, fit);
  const offset = (outer: number, inner: number): number => (fit === "pad" ? Math.floor((outer - inner) / 2) : roundHalfToEven((outer - inner) / 2));
  return { ...resized, left: offset(width, resized.width), top: offset(height, resized.height) };
}

/** What an edge is before the middle is cut out: as timm rounds it, but not less for the last digit of a quotient. */
function before(edge: number, middle: number): number {
  return Math.floor(edge / middle + 1e-6);
}

/** torchvision multiplies before it divides: `size * (long / short)` is one pixel less now and then. */
function shorterEdge({ width, height }: Pick<Picture, "width" | "height">, size: number): Pick<Picture, "width" | "height"> {
  const longer = Math.trunc((size * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: size, height: longer } : { width: longer, height: size };
}

function keptRatio(picture: Pick<Picture, "width" | "height">, width: number, height: number, fit: "crop" | "pad"): Pick<Picture, "width" | "height"> {
  const ratios = [picture.width / width, picture.height / height] as const;
  const ratio = fit === "pad" ? Math.max(...ratios) : Math.min(...ratios);
  // Of a thread of a picture something is left.
  const scaled = (length: number): number => Math.max(1, roundHalfToEven(length / ratio));
  return { width: scaled(picture.width), height: scaled(picture.height) };
}

/** As Python's `round`. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + Math.abs(below % 2) : Math.round(value);
}

/** The picture in the size that the encoder takes. */
export function fitted(picture: Picture, config: PreprocessingConfig): Picture {
  const [height, width] = config.size;
  const whole = layout(picture, config);
  const left = Math.max(0, whole.left);
  const top = Math.max(0, whole.top);
  const seen = {
    left: left - whole.left,
    top: top - whole.top,
    width: Math.min(width, whole.left + whole.width) - left,
    height: Math.min(height, whole.top + whole.height) - top,
  };
  const part = resize(picture, whole.width, whole.height, config.interpolation, seen);
  if (part.width === width && part.height === height) return part;
  const data = new Uint8ClampedArray(width * height * 3).map((_, i) => config.background[i % 3]!);
  for (let y = 0; y < part.height; y++) data.set(part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3), ((top + y) * width + left) * 3);
  return { width, height, data };
}
