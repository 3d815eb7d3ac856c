import { loadPicture } from "../image.ts";
import type { Picture } from "../picture.ts";
import type { SamplePicture } from "./sample.ts";
import { sampleFile } from "./sample-file.ts";

/**
 * A sample's picture, decoded.
 * @param fetch - whether pictures behind addresses are fetched
 * @throws DataError when it is not there, no picture, damaged, or too large
 */
export async function readPicture(picture: SamplePicture, fetch: boolean): Promise<Picture> {
  return loadPicture(await sampleFile(picture, fetch), { name: picture.name });
}
