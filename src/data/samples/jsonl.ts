/** A file with one JSON object a line. */
import { platform } from "#data-platform";
import { jsonOf } from "../text-file.ts";
import { byteStream } from "./byte-stream.ts";
import { type Fields, type RecordOptions, recordSample } from "./record-sample.ts";
import type { BadSample, OpenShard, Sample } from "./sample.ts";

export function openJsonl(options: RecordOptions): OpenShard {
  return async (path) => {
    const source = await platform.openFile(path);
    return {
      async *samples(from, wanted) {
        for await (const { number, line, bytes } of lines(byteStream(source))) {
          if (number >= from && wanted(number)) yield { number, sample: sampleOf(bytes, `line ${line}`, path, options) };
        }
      },
      close: () => source.close(),
    };
  };
}

function sampleOf(bytes: Uint8Array, key: string, shard: string, options: RecordOptions): Sample | BadSample {
  try {
    const record = jsonOf(bytes, key);
    if (typeof record !== "object" || record === null) return { key, bad: "it is no JSON object" };
    return recordSample(record as Fields, { shard, key }, options);
  } catch (error) {
    return { key, bad: (error as Error).message };
  }
}

/** Lines that hold something, by their number among these, and among all. */
async function* lines(chunks: ReadableStream<Uint8Array>): AsyncGenerator<{ readonly number: number; readonly line: number; readonly bytes: Uint8Array }> {
  let number = 0;
  let line = 0;
  /** Of a line that goes on in the next block. */
  let begun: Uint8Array[] = [];
  const taken = (end: Uint8Array): Uint8Array | undefined => {
    line++;
    const bytes = begun.length === 0 ? end : concatenated([...begun, end]);
    begun = [];
    return bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09) ? undefined : bytes;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; start = end + 1, end = chunk.indexOf(0x0a, start)) {
      const bytes = taken(chunk.subarray(start, end));
      if (bytes !== undefined) yield { number: number++, line, bytes };
    }
    begun.push(chunk.subarray(start));
  }
  const bytes = taken(new Uint8Array());
  if (bytes !== undefined) yield { number, line, bytes };
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
