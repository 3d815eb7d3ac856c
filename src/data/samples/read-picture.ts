import { platform } from "#data-platform";
import { DataError } from "../errors.ts";
import { loadPicture } from "../image.ts";
import type { Picture } from "../picture.ts";
import type { SamplePicture } from "./sample.ts";
import { isAddress } from "./shard-paths.ts";

/** Of one picture; larger files are no training data. */
const mostBytes = 100_000_000;

/**
 * A sample's picture, decoded.
 * @param fetch - whether pictures behind addresses are fetched
 * @throws DataError when it is not there, no picture, damaged, or too large
 */
export async function readPicture({ name, file }: SamplePicture, fetch: boolean): Promise<Picture> {
  if (typeof file !== "string" || !isAddress(file)) return loadPicture(file, { name });
  if (!fetch) throw new DataError(`${file} is an address; with "fetchPictures": true it is fetched`);
  const source = await platform.openFile(file);
  try {
    if (source.size > mostBytes) throw new DataError(`${file} has ${source.size} bytes, the limit is ${mostBytes}`);
    return await loadPicture(await source.read(0, source.size), { name });
  } finally {
    await source.close();
  }
}
