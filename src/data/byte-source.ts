import { DataError } from "./errors.ts";

/** Random access to the bytes of a file, so that a file larger than memory can be read in parts. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Bytes `start … end-1`. @throws when they lie beyond the end */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** A source that holds something open. */
export interface OpenedSource extends ByteSource {
  close(): Promise<void>;
}

/** A file that the user chose in a browser, or bytes in memory. Only what is read of it comes into memory. */
export function blobSource(blob: Blob, name: string): OpenedSource {
  return {
    name,
    size: blob.size,
    async read(start, end) {
      checkRange(name, start, end, blob.size);
      return new Uint8Array(await blob.slice(start, end).arrayBuffer());
    },
    async close() {},
  };
}

/** @throws DataError when bytes `start … end-1` are not there */
export function checkRange(name: string, start: number, end: number, size: number): void {
  if (start >= 0 && start <= end && end <= size) return;
  throw new DataError(`${name}: bytes ${start} to ${end} are wanted, it has ${size}; the download or copy was interrupted, fetch it again`);
}
