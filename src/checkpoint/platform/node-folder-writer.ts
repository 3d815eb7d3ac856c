import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { FileWriter, FolderWriter } from "../converted-folder.ts";
import { CheckpointError } from "../errors.ts";
import { fileSha256 } from "./node-hash.ts";

/** Writes into a folder that exists. Whoever made one closes it, whatever happened. */
export class NodeFolderWriter implements FolderWriter {
  private readonly folder: string;
  private readonly unfinished = new Set<FileHandle>();

  constructor(folder: string) {
    this.folder = folder;
  }

  async write(file: string, bytes: Uint8Array): Promise<void> {
    const writer = await this.create(file);
    await writer.write(bytes, 0);
    await writer.finish();
  }

  async create(file: string): Promise<FileWriter> {
    const path = join(this.folder, file);
    const handle = await written(path, () => open(path, "w"));
    this.unfinished.add(handle);
    return {
      write: (bytes, offset) => written(path, () => writeAt(handle, bytes, offset)),
      finish: async () => {
        // Without this a power cut after a rename of the folder could leave an empty file under the final name.
        await written(path, () => handle.sync());
        this.unfinished.delete(handle);
        await handle.close();
        return fileSha256(path);
      },
    };
  }

  /** Ends what was not finished. */
  async close(): Promise<void> {
    await Promise.all([...this.unfinished].map((handle) => handle.close()));
    this.unfinished.clear();
  }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done, Math.min(1 << 30, bytes.length - done), offset + done)).bytesWritten;
}

async function written<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw new CheckpointError(`${path} cannot be written (${(error as Error).message}); is there enough space?`, { cause: error });
  }
}
