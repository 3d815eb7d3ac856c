import type { Picture } from "../picture.ts";

export interface DecodeRequest {
  readonly bytes: Uint8Array;
  /** What errors call the picture. */
  readonly name: string;
  /** Larger pictures are refused before they are decoded. */
  readonly maxPixels: number;
  /** What shines through transparent pixels. */
  readonly background: readonly [red: number, green: number, blue: number];
}

export interface DataPlatform {
  /** Upright, in sRGB, without transparency; the first frame of an animation. @throws DataError */
  decode(request: DecodeRequest): Promise<Picture>;
  /** @throws DataError when the file is missing or cannot be read */
  readFile(path: string): Promise<Uint8Array>;
}
