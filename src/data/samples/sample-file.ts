import { platform } from "#data-platform";
import { DataError } from "../errors.ts";
import type { SampleMedium } from "./sample.ts";
import { isAddress } from "./shard-paths.ts";

/** Of one file; larger ones are no training data. */
const mostBytes = { picture: 100_000_000, video: 1_000_000_000 } as const;

/**
 * What a sample's picture or video is loaded from: its bytes, or its path.
 * @param fetch - whether files behind addresses are fetched
 * @throws DataError when it may not be fetched, cannot be, or is too large
 */
export async function sampleFile({ kind, file }: SampleMedium, fetch: boolean): Promise<Uint8Array | string> {
  if (typeof file !== "string" || !isAddress(file)) return file;
  if (!fetch) throw new DataError(`${file} is an address; with "fetchPictures": true it is fetched`);
  const source = await platform.openFile(file);
  try {
    if (source.size > mostBytes[kind]) throw new DataError(`${file} has ${source.size} bytes, the limit is ${mostBytes[kind]}`);
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}
