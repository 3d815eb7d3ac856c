import { CheckpointError } from "../../src/checkpoint/errors.ts";
import type { ByteSource } from "../../src/data/byte-source.ts";

/** Bytes as a file, with ends that are checked as a real one's are. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(start, end) {
      if (start < 0 || start > end || end > bytes.length) throw new CheckpointError(`${name}: bytes ${start} to ${end} of ${bytes.length} are wanted`);
      return bytes.slice(start, end);
    },
  };
}
