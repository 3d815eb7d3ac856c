/** The safetensors format: an 8-byte length, a JSON header that says where each tensor lies, then the tensors. Nothing in it is ever executed. */
import { CheckpointError } from "./errors.ts";
import type { Fail } from "./places.ts";
import { headerEnd, lengthBytes, parseSafetensorsHeader } from "./safetensors-header.ts";
import { bytesPerValueOf, safetensorsCodes } from "./safetensors-types.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import type { ByteSource, WeightFile } from "./weight-file.ts";

export type { StoredDType, StoredTensor } from "./stored-tensor.ts";

export interface SafetensorsFile {
  /** By name, in the order of the file. Aligned tensors are views of the bytes given. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A whole file that is in memory.
 * @param name - what errors call the file
 * @throws CheckpointError when the file is cut short, is not of this format, or its header contradicts itself
 */
export function readSafetensors(bytes: Uint8Array, name = "the safetensors file"): SafetensorsFile {
  const fail = failing(name);
  const end = headerEnd(bytes.subarray(0, lengthBytes), bytes.length, fail);
  const body = bytes.subarray(end);
  const { entries, metadata } = parseSafetensorsHeader(bytes.subarray(lengthBytes, end), body.length, fail);
  const tensors = entries.map(({ name: tensor, type, shape, start, end }): [string, StoredTensor] => [
    tensor,
    { shape, ...type.read(body.subarray(start, end)) },
  ]);
  return { tensors: new Map(tensors), metadata };
}

/**
 * A file of any size: its header is read now, each tensor when it is loaded.
 * float64 becomes float32, rounded; int16, uint16 and uint32 become the next wider type that there is.
 * @throws CheckpointError as {@link readSafetensors}
 */
export async function openSafetensors(source: ByteSource): Promise<WeightFile> {
  const fail = failing(source.name);
  const bodyStart = headerEnd(await source.read(0, Math.min(lengthBytes, source.size)), source.size, fail);
  const header = await source.read(lengthBytes, bodyStart);
  const { entries, metadata } = parseSafetensorsHeader(header, source.size - bodyStart, fail);
  const weights = entries.map(({ name, type, shape, start, end }) => {
    const load = async (): Promise<StoredTensor> => ({ shape, ...type.read(await source.read(bodyStart + start, bodyStart + end)) });
    return [name, { storedAs: type.storedAs, shape, bytes: end - start, offset: bodyStart + start, load }] as const;
  });
  return { format: "safetensors", weights: new Map(weights), metadata };
}

function failing(name: string): Fail {
  return (problem) => {
    throw new CheckpointError(`${name}: ${problem}`);
  };
}

/** @returns the bytes of a file with these tensors, each aligned for its type */
export function writeSafetensors(tensors: ReadonlyMap<string, StoredTensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  // Wide types first, so that each begins at a multiple of its size, as the reference implementation orders them.
  const ordered = [...tensors].sort(([, a], [, b]) => bytesPerValueOf(b.dtype) - bytesPerValueOf(a.dtype));
  let offset = 0;
  const places = ordered.map(([name, { dtype, shape, data }]): [string, unknown] => {
    const start = offset;
    offset += data.byteLength;
    return [name, { dtype: safetensorsCodes[dtype], shape, data_offsets: [start, offset] }];
  });
  const header = JSON.stringify({ ...(Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {}), ...Object.fromEntries(places) });
  const headerBytes = new TextEncoder().encode(header);
  const headerLength = Math.ceil(headerBytes.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(headerBytes, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
