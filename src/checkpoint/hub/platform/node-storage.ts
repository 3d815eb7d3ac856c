import { copyFile, link, mkdir, readFile, rename, rm, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { CheckpointError } from "../../errors.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; make room, then run the same command: it goes on where it stopped",
  EDQUOT: "your share of the disk is used up; make room, then run the same command: it goes on where it stopped",
  EROFS: "the disk is read-only; set HF_HUB_CACHE to a folder that can be written",
  EACCES: "it may not be written; correct its permissions or set HF_HUB_CACHE to a folder of your own",
  EPERM: "it may not be written; correct its permissions or set HF_HUB_CACHE to a folder of your own",
  ENOTDIR: "a part of that path is a file, not a folder; move it away or set HF_HUB_CACHE to another folder",
  EEXIST: "something else has that name; move it away or set HF_HUB_CACHE to another folder",
  EISDIR: "a folder has the name of a file; move it away or set HF_HUB_CACHE to another folder",
  ELOOP: "its links lead in a circle; remove them or set HF_HUB_CACHE to another folder",
  EFBIG: "the file is larger than this disk or this process may have; set HF_HUB_CACHE to another disk",
  ENAMETOOLONG: "the disk does not allow so long a name; set HF_HUB_CACHE to another disk",
  EMFILE: "too many files are open; close programs or raise the limit",
};

/** Does something with the cache, and says in plain words why it could not. @throws CheckpointError */
export async function onDisk<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    const code = error instanceof Error && "code" in error && "syscall" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    // The path of the error is a temporary file's, except where something is in the way.
    const where = ["EEXIST", "ENOTDIR", "EISDIR"].includes(code) && error instanceof Error && "path" in error ? String(error.path) : path;
    throw new CheckpointError(`cannot use ${where}: ${reasons[code] ?? `the system says ${code}; check the disk, or set HF_HUB_CACHE to another folder`}`);
  }
}

/** Makes a folder and those above it. Node's own way says ENOENT on a disk that is read-only. */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    // Another process made it meanwhile.
    if (!(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** @returns the size of a file, through links; undefined when there is none */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the text of a file; undefined when there is none */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Writes a small file so that a reader sees all of it or the one before. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes `path` a relative link to `target`, or what looks like a copy of it where links are not wanted or not possible, as on many Windows systems. */
export async function linkOrCopy(target: string, path: string, copies: boolean): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    const linked = copies ? Promise.reject(new Error("not wanted")) : symlink(relative(dirname(path), target), temporary);
    // A second name for the same file needs no right on Windows and no room on the disk.
    await linked.catch(() => link(target, temporary)).catch(() => copyFile(target, temporary));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** @throws CheckpointError when a disk has not so much room left */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(folder);
  const room = bavail * bsize;
  // Some network disks say that they have no blocks at all.
  if (blocks === 0 || bytes <= room) return;
  throw new CheckpointError(
    `not enough room in ${folder}: ${megabytes(bytes)} are needed and ${megabytes(room)} are free; make room or set HF_HUB_CACHE to a folder on another disk`,
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
