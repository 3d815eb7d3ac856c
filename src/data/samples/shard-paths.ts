import { expand } from "brace-expansion";
import { platform } from "#data-platform";
import { DataError } from "../errors.ts";

/**
 * Shards by their patterns: paths and addresses with braces as in `shards/{00000..00099}.tar` or `{train,more}.jsonl`, and folders, which stand for all files of the format in them.
 * @param endings - of the format's files; none where a folder is a shard itself
 * @returns in the order of the patterns, files of a folder by name
 * @throws DataError when a folder holds none
 */
export async function shardPaths(patterns: readonly string[], endings: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const path of patterns.flatMap((pattern) => expand(pattern))) {
    const names = endings.length === 0 ? undefined : await platform.listFolder(path);
    if (names === undefined) {
      paths.push(path);
      continue;
    }
    const shards = names.filter((name) => endings.some((ending) => name.toLowerCase().endsWith(ending))).sort();
    if (shards.length === 0) throw new DataError(`the folder ${path} holds no files that end in ${endings.join(" or ")}`);
    paths.push(...shards.map((name) => `${path.replace(/\/$/, "")}/${name}`));
  }
  if (paths.length === 0) throw new DataError(`${patterns.join(", ")} names no file`);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new DataError(`${twice} is named twice; each sample would be there twice in an epoch`);
  return paths;
}

/** The folder that a file lies in, with a slash; empty where the path names none. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** A path that a file names, from the file's own folder. */
export function besideShard(shard: string, path: string): string {
  return path.startsWith("/") || isAddress(path) ? path : folderOf(shard) + path;
}

export function isAddress(path: string): boolean {
  return /^https?:\/\//.test(path);
}
