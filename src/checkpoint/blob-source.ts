import { CheckpointError } from "./errors.ts";
import type { OpenedSource } from "./weight-file.ts";

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

/** @throws CheckpointError when bytes `start … end-1` are not there */
export function checkRange(name: string, start: number, end: number, size: number): void {
  if (start >= 0 && start <= end && end <= size) return;
  throw new CheckpointError(`${name}: bytes ${start} to ${end} are wanted, it has ${size}; the download or copy was interrupted, fetch it again`);
}
