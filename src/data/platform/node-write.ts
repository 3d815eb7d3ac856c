import { mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { getSystemErrorMap } from "node:util";
import { DataError } from "../errors.ts";

export interface WriteOptions {
  /** Whether the content shall be on the disk when the name is, which a power cut would show. Takes the time of the disk. */
  readonly durable?: boolean;
  /** Whether folders on the way are made. */
  readonly makeFolders?: boolean;
  /** Whether several machines may write it at the same time. Processes in containers have the same number, by which the file is named until it is whole. */
  readonly shared?: boolean;
}

/**
 * Writes a file beside its place and renames it, so that it is there whole or as it was before. What is no file but a device or a pipe is written as it is; a link stays a link.
 * @throws DataError when it cannot be written; what was there before is then untouched
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { durable = false, makeFolders = false, shared = false }: WriteOptions = {},
): Promise<void> {
  await writing(path, async () => {
    if (makeFolders) await mkdir(dirname(path), { recursive: true });
    const target = await realpath(path).catch(() => path);
    const isDevice = await stat(target).then(
      (found) => !found.isFile() && !found.isDirectory(),
      () => false,
    );
    if (isDevice) return writeTo(target, content, false);
    const temporary = `${target}.${shared ? crypto.randomUUID().slice(0, 8) : process.pid}.tmp`;
    try {
      await writeTo(temporary, content, durable);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** Says which file could not be written, and why, in the system's words. @throws DataError */
export async function writing<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw new DataError(`${path} cannot be written: ${reasonOf(error as Error)}`, { cause: error });
  }
}

/** What the system says went wrong, without its codes: "no space left on device". */
export function reasonOf(error: Error & { readonly errno?: number | undefined }): string {
  return (error.errno === undefined ? undefined : getSystemErrorMap().get(error.errno)?.[1]) ?? error.message;
}

async function writeTo(path: string, content: string | Uint8Array, durable: boolean): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}
