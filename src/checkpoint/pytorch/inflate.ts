import type { Fail } from "../places.ts";

/** No bit of a deflate stream can stand for more bytes than this ratio gives. */
const mostExpansion = 1032;
/** The whole entry has to be in memory at once: torch.save never compresses, so such files are small. */
const mostBytes = 2 ** 30;

/**
 * @param size - what its content must come to
 * @param fail - told what is wrong with the entry
 */
export async function inflate(compressed: Uint8Array, size: number, fail: Fail): Promise<Uint8Array> {
  if (size > mostBytes)
    fail(`is compressed and ${size} bytes long, of which at most ${mostBytes} can be read; write it again uncompressed, as torch.save does`);
  if (size > compressed.length * mostExpansion) fail(`cannot hold ${size} bytes in ${compressed.length}`);
  const content = new Uint8Array(size);
  const stream = new Blob([compressed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  let length = 0;
  try {
    for (let { done, value } = await reader.read(); !done && value !== undefined; { done, value } = await reader.read()) {
      if (length + value.length <= size) content.set(value, length);
      length += value.length;
      if (length > size) break;
    }
  } catch (error) {
    fail(`cannot be decompressed (${(error as Error).message})`);
  }
  await reader.cancel().catch(() => undefined); // the message below is what a user can use
  if (length !== size) fail(`holds ${length > size ? "more" : `only ${length}`} bytes than the ${size} that the directory says`);
  return content;
}
