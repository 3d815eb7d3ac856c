import { type FileHandle, open, stat } from "node:fs/promises";
import { checkRange, type OpenedSource } from "../byte-source.ts";
import { DataError } from "../errors.ts";

/** Node reads at most 2^31-1 bytes at once. */
const mostAtOnce = 1 << 30;

/**
 * A file on this machine, of any size.
 * @throws DataError when it is missing, not a file, or may not be read
 */
export async function fileSource(path: string): Promise<OpenedSource> {
  const { file, size } = await opened(path);
  return {
    name: path,
    size,
    async read(start, end, room) {
      checkRange(path, start, end, size);
      return readInto(file, path, start, room?.length === end - start ? room : newRoom(path, end - start));
    },
    close: () => file.close(),
  };
}

async function opened(path: string): Promise<{ file: FileHandle; size: number }> {
  try {
    // Before it is opened: to open a pipe would wait for its writer.
    const status = await stat(path);
    if (!status.isFile()) throw new DataError(`${path} is not a file, but ${status.isDirectory() ? "a folder" : "a device or pipe"}`);
    return { file: await open(path, "r"), size: status.size };
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${path} cannot be read (${(error as Error).message})`, { cause: error });
  }
}

/** Fills `bytes` from the file's byte `start` on. */
async function readInto(file: FileHandle, path: string, start: number, bytes: Uint8Array): Promise<Uint8Array> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(mostAtOnce, bytes.length - done), start + done);
    if (bytesRead === 0) throw new DataError(`${path} became shorter while it was read, it ends at byte ${start + done}; is it still being written?`);
    done += bytesRead;
  }
  return bytes;
}

function newRoom(path: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new DataError(`${path}: ${length} bytes at once do not fit into memory`, { cause: error });
  }
}
