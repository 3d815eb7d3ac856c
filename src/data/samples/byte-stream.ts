import type { ByteSource } from "../byte-source.ts";

/** Read at once; twice as much is in memory, since the next block is on its way while one is used. */
const blockBytes = 1 << 20;

/** A file from beginning to end, block by block. */
export function byteStream(source: ByteSource, block = blockBytes): ReadableStream<Uint8Array> {
  let next: Promise<Uint8Array> | undefined;
  let at = 0;
  const read = (): Promise<Uint8Array> | undefined => {
    if (at >= source.size) return undefined;
    const start = at;
    at = Math.min(source.size, start + block);
    const reading = source.read(start, at);
    // Whoever takes the block hears of what went wrong; when nobody does any more, nobody needs to.
    reading.catch(() => {});
    return reading;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes = await (next ?? read());
        if (bytes === undefined) return controller.close();
        next = read();
        controller.enqueue(bytes);
      },
    },
    { highWaterMark: 0 },
  );
}
