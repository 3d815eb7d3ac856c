import { platform } from "#data-platform";
import { DataError } from "./errors.ts";
import type { Picture } from "./picture.ts";

export type { Picture } from "./picture.ts";

/** A path (or, in a browser, an address), the bytes of a picture file, or decoded pixels. */
export type PictureSource = string | Uint8Array | Picture;

export interface DecodeOptions {
  /** What errors call the picture. Default: its path. */
  readonly name?: string;
  /** Larger pictures are refused before they are decoded. Default: 100 million. */
  readonly maxPixels?: number;
  /** What shines through transparent pixels. Default: white. */
  readonly background?: readonly [red: number, green: number, blue: number];
}

/**
 * Decodes a picture: upright, in sRGB, without transparency; of an animation the first frame.
 * @throws DataError when there is no such file, or it is empty, damaged, no picture, or too large
 */
export async function loadPicture(
  source: PictureSource,
  { name = typeof source === "string" ? source : "the picture", maxPixels = 100_000_000, background = [255, 255, 255] }: DecodeOptions = {},
): Promise<Picture> {
  if (typeof source === "object" && "width" in source) return checked(source, name);
  const bytes = typeof source === "string" ? await platform.readFile(source) : source;
  if (bytes.length === 0) throw new DataError(`${name} is empty; copy or download it again`);
  return platform.decode({ bytes, name, maxPixels, background });
}

function checked(picture: Picture, name: string): Picture {
  const { width, height, data } = picture;
  if (data.length === width * height * 3 && data.length > 0) return picture;
  throw new DataError(`${name}: ${width} x ${height} pixels need ${width * height * 3} bytes of red, green and blue, found ${data.length}`);
}
