/** The safetensors format: an 8-byte length, a JSON header that says where each tensor lies, then the tensors. Nothing in it is ever executed. */

import type { ByteSource } from "../data/byte-source.ts";
import { sizeOf } from "../runtime/host-tensor.ts";
import { CheckpointError } from "./errors.ts";
import type { Fail } from "./places.ts";
import { headerEnd, lengthBytes, parseSafetensorsHeader, type SafetensorsEntry } from "./safetensors-header.ts";
import { bytesOf, bytesPerValueOf, readableTypes, safetensorsCodes } from "./safetensors-types.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { unreadableAs } from "./unreadable.ts";
import type { WeightFile } from "./weight-file.ts";

export type { StoredDType, StoredTensor } from "./stored-tensor.ts";

export interface SafetensorsFile {
  /** By name, in the order of the file. Aligned tensors are views of the bytes given. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A whole file that is in memory.
 * @param name - what errors call the file
 * @throws CheckpointError when the file is cut short, is not of this format, its header contradicts itself, or a tensor is of a type that cannot be read
 */
export function readSafetensors(bytes: Uint8Array, name = "the safetensors file"): SafetensorsFile {
  const fail = failing(name);
  const end = headerEnd(bytes.subarray(0, lengthBytes), bytes.length, fail);
  const body = bytes.subarray(end);
  const { entries, metadata } = parseSafetensorsHeader(bytes.subarray(lengthBytes, end), body.length, fail);
  const tensors = entries.map((entry): [string, StoredTensor] => [entry.name, tensorOf(entry, body.subarray(entry.start, entry.end), fail)]);
  return { tensors: new Map(tensors), metadata };
}

/**
 * A file of any size: its header is read now, each tensor when it is loaded.
 * float64 becomes float32, rounded; int16, uint16 and uint32 become the next wider type that there is.
 * @throws CheckpointError as {@link readSafetensors}, but of a tensor that cannot be read only when that is loaded
 */
export async function openSafetensors(source: ByteSource): Promise<WeightFile> {
  const fail = failing(source.name);
  const bodyStart = headerEnd(await source.read(0, Math.min(lengthBytes, source.size)), source.size, fail);
  const header = await source.read(lengthBytes, bodyStart);
  const { entries, metadata } = parseSafetensorsHeader(header, source.size - bodyStart, fail);
  const weights = entries.map((entry) => {
    const { name, type, shape, start, end } = entry;
    const load = async (): Promise<StoredTensor> => tensorOf(entry, await source.read(bodyStart + start, bodyStart + end), fail);
    const unreadable = type.read === undefined ? { unreadable: unreadableAs(type.storedAs, readableTypes) } : {};
    return [name, { storedAs: type.storedAs, shape, bytes: end - start, offset: bodyStart + start, load, ...unreadable }] as const;
  });
  return { format: "safetensors", weights: new Map(weights), metadata };
}

function tensorOf({ name, type, shape }: SafetensorsEntry, bytes: Uint8Array, fail: Fail): StoredTensor {
  return type.read === undefined ? fail(`tensor ${name} ${unreadableAs(type.storedAs, readableTypes)}`) : { shape, ...type.read(bytes) };
}

function failing(name: string): Fail {
  return (problem) => {
    throw new CheckpointError(`${name}: ${problem}`);
  };
}

/** Where everything lies in a file that is yet to be written. */
export interface SafetensorsLayout {
  /** Its first bytes. */
  readonly header: Uint8Array;
  /** Of each tensor's first byte in the file. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Of the whole file, in bytes. */
  readonly size: number;
}

/** A file that will hold these tensors, each aligned for its type: with it a file larger than memory can be written tensor by tensor. */
export function safetensorsLayout(
  tensors: ReadonlyMap<string, Pick<StoredTensor, "dtype" | "shape">>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  // Wide types first, so that each begins at a multiple of its size, as the reference implementation orders them.
  const ordered = [...tensors].sort(([, a], [, b]) => bytesPerValueOf(b.dtype) - bytesPerValueOf(a.dtype));
  let end = 0;
  const places = ordered.map(([name, { dtype, shape }]) => {
    const start = end;
    end += bytesPerValueOf(dtype) * sizeOf(shape);
    return { name, start, entry: { dtype: safetensorsCodes[dtype], shape, data_offsets: [start, end] } };
  });
  const entries = Object.fromEntries(places.map(({ name, entry }) => [name, entry]));
  const json = new TextEncoder().encode(JSON.stringify({ ...(Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {}), ...entries }));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return { header, offsets: new Map(places.map(({ name, start }) => [name, header.length + start])), size: header.length + end };
}

/** @returns the bytes of a file with these tensors, each aligned for its type */
export function writeSafetensors(tensors: ReadonlyMap<string, StoredTensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const { header, offsets, size } = safetensorsLayout(tensors, metadata);
  const bytes = new Uint8Array(size);
  bytes.set(header);
  for (const [name, { data }] of tensors) bytes.set(bytesOf(data), offsets.get(name)!);
  return bytes;
}
