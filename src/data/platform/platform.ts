import type { OpenedSource } from "../byte-source.ts";
import type { Film } from "../film.ts";
import type { Picture } from "../picture.ts";

/** What shines through transparent pixels: bytes of red, green, blue. */
export type Background = readonly [red: number, green: number, blue: number];

/** Errors of decoding are thrown as they come; `image.ts` and `video.ts` say what they mean. */
export interface DataPlatform {
  /** Kinds of pictures that can be read here and not everywhere. */
  readonly alsoReads: readonly ("TIFF" | "SVG")[];
  /** From the header, before anything is decoded; before the picture is stood up. */
  size(bytes: Uint8Array): Promise<{ readonly width: number; readonly height: number }>;
  /** Upright, in sRGB (print colours by the plain formula, as Pillow), without transparency; the first frame of an animation. */
  decode(bytes: Uint8Array, background: Background): Promise<Picture>;
  /** Frames of an animated GIF, WebP or PNG, each as it is seen, as `decode` gives pictures. @param frames - numbers, ascending */
  decodeFrames(bytes: Uint8Array, frames: readonly number[], background: Background): Promise<Picture[]>;
  /** A film of MP4, QuickTime, WebM or Matroska. @param name - what errors call it @throws DataError when it cannot be read here, or holds no pictures */
  openFilm(bytes: Uint8Array, name: string): Promise<Film>;
  /** @throws DataError when the file is missing or cannot be read */
  readFile(path: string): Promise<Uint8Array>;
  /** A file on this machine or behind an address, read in parts: whoever opened it closes it. @throws DataError when it is missing or cannot be read */
  openFile(path: string): Promise<OpenedSource>;
  /** Names in a folder; none when the path is no folder. */
  listFolder(path: string): Promise<readonly string[] | undefined>;
}
