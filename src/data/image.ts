import { platform } from "#data-platform";
import { DataError } from "./errors.ts";
import { type ForeignKind, foreignKind } from "./foreign-kind.ts";
import type { Picture } from "./picture.ts";
import { pictureKind } from "./picture-file.ts";
import type { Background } from "./platform/platform.ts";

export type { Picture } from "./picture.ts";

/** A path (or, in a browser, an address), the bytes of a picture file, or decoded pixels. */
export type PictureSource = string | Uint8Array | Picture;

export interface DecodeOptions {
  /** What errors call the picture. Default: its path. */
  readonly name?: string;
  /** Larger pictures are refused before they are decoded. Default: 100 million. */
  readonly maxPixels?: number;
  /** What shines through transparent pixels. Default: white. */
  readonly background?: Background;
}

export const defaultMaxPixels = 100_000_000;
export const white: Background = [255, 255, 255];

/**
 * Decodes a picture: upright, in sRGB, without transparency; of an animation the first frame.
 * @throws DataError when there is no such file, or it is empty, damaged, no picture, or too large
 */
export async function loadPicture(
  source: PictureSource,
  { name = typeof source === "string" ? source : "the picture", maxPixels = defaultMaxPixels, background = white }: DecodeOptions = {},
): Promise<Picture> {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) return checked(source, name);
  const bytes = typeof source === "string" ? await platform.readFile(source) : source;
  await checkPictureFile(bytes, name, maxPixels);
  return platform.decode(bytes, background).catch((error: Error) => {
    throw damaged(name, error);
  });
}

/** Looks at the header alone. @throws DataError when the file is empty, no picture, cut within its header, or too large */
export async function checkPictureFile(bytes: Uint8Array, name: string, maxPixels: number): Promise<void> {
  if (bytes.length === 0) throw new DataError(`${name} is empty; copy or download it again`);
  const kind = pictureKind(bytes);
  const foreign = kind === undefined ? foreignKind(bytes) : undefined;
  const readHere = foreign?.format !== undefined && platform.alsoReads.includes(foreign.format);
  if (foreign !== undefined && !readHere) throw new DataError(`${name} is ${foreign.name}, ${adviceFor(foreign)}`);
  const { width, height } = await platform.size(bytes).catch((error: Error) => {
    if (kind !== undefined || readHere) throw damaged(name, error);
    throw new DataError(`${name} is not a picture that can be read (${reason(error)}); readable are ${readable()}`, { cause: error });
  });
  checkPixels({ width, height }, name, maxPixels);
}

/** @throws DataError when it is too large */
export function checkPixels({ width, height }: Pick<Picture, "width" | "height">, name: string, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new DataError(
    `${name} has ${width} x ${height} = ${((width * height) / 1e6).toFixed(1)} megapixels, the limit is ${maxPixels / 1e6}; shrink it, or raise the limit (maxPixels)`,
  );
}

function adviceFor({ is }: ForeignKind): string {
  if (is === "picture") return "which cannot be read; save it as JPEG";
  if (is === "document") return "no picture; give the picture itself";
  return "no picture; it is shown as a video (--video, loadVideo), or pictures are taken out of it, for instance one each second: ffmpeg -i VIDEO -vf fps=1 FOLDER/%03d.png";
}

/** Kinds of pictures, in words. */
function readable(): string {
  const kinds = ["JPEG", "PNG", "WebP", "GIF", "AVIF", "BMP", ...platform.alsoReads];
  return `${kinds.slice(0, -1).join(", ")} and ${kinds.at(-1)}`;
}

/** What a decoder's error means, unless it is already said. */
export function damaged(name: string, error: Error): DataError {
  if (error instanceof DataError) return error;
  return new DataError(`${name} is damaged or cut short (${reason(error)}); copy or download it again`, { cause: error });
}

/** Decoders may say one thing in many lines. */
function reason({ message }: Error): string {
  return message.trim().split("\n")[0]!;
}

function checked(picture: Picture, name: string): Picture {
  const { width, height, data } = picture ?? {};
  const whole = [width, height].every((length) => Number.isSafeInteger(length) && length > 0);
  const bytes = [Uint8ClampedArray, Uint8Array].some((kind) => data instanceof kind);
  if (!whole || !bytes) throw new DataError(`${name} must be a path, the bytes of a file (Uint8Array), or { width, height, data } with bytes as its data`);
  if (data.length === width * height * 3) return picture;
  throw new DataError(`${name}: ${width} x ${height} pixels need ${width * height * 3} bytes of red, green and blue, found ${data.length}`);
}
