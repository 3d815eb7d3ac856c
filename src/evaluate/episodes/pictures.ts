import { platform } from "#data-platform";
import { DataError } from "../../data/errors.ts";
import type { PictureSource } from "../../data/image.ts";
import { BlockReader } from "../../data/samples/block-reader.ts";
import { tarFiles } from "../../data/samples/tar.ts";

/** Gives a picture by its name. @throws DataError when there is none */
export type FindPicture = (name: string) => PictureSource;

/**
 * Pictures by their paths in a folder, or in a tar that stands for one and is held in memory.
 * @throws DataError when the tar cannot be read
 */
export async function openPictures(path: string): Promise<FindPicture> {
  if (!path.endsWith(".tar")) return (name) => `${path}/${name}`;
  const bytes = await platform.readFile(path);
  const source = { name: path, size: bytes.length, read: (start: number, end: number) => Promise.resolve(bytes.subarray(start, end)) };
  const files = new Map<string, Uint8Array>();
  for await (const { name, start, end } of tarFiles(new BlockReader(source), path)) files.set(name.replace(/^\.\//, ""), bytes.subarray(start, end));
  return (name) => {
    const found = files.get(name);
    if (found === undefined) throw new DataError(`${path} has no ${name}; the tar and the questions about it belong to different data`);
    return found;
  };
}
