import { checkRange, type OpenedSource } from "./byte-source.ts";

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
