/**
 * GGUF, the files of llama.cpp.
 * The header reader is ours: `@huggingface/gguf` takes what is missing of a file that is cut short for zeros, and so gives hundreds of tensors without a name where there should be an error.
 */

import type { ByteSource } from "../../data/byte-source.ts";
import { sizeOf } from "../../runtime/host-tensor.ts";
import { CheckpointError } from "../errors.ts";
import type { Fail } from "../places.ts";
import type { StoredTensor } from "../stored-tensor.ts";
import { unreadableAs } from "../unreadable.ts";
import type { QuantisedBlocks, StoredWeight, WeightFile } from "../weight-file.ts";
import { type GgufTensor, readGgufHeader } from "./header.ts";
import { tensorTypes } from "./tensor-types.ts";

/**
 * The header is read now, each tensor when it is loaded. Shapes are row-major, `[outputs, inputs]` for a linear map; the
 * metadata, vocabulary included, are plain values. float16 and bfloat16 stay as they are, everything quantised becomes float32.
 * @throws CheckpointError when the file is cut short, is not of this format, or its header contradicts itself
 */
export async function openGguf(source: ByteSource): Promise<WeightFile> {
  const fail: Fail = (problem) => {
    throw new CheckpointError(`${source.name}: ${problem}`);
  };
  const { tensors, metadata, bodyStart } = await readGgufHeader(source, fail);
  const weights = tensors.map((tensor) => [tensor.name, storedWeight(source, bodyStart, tensor, fail)] as const);
  return { format: "gguf", weights: new Map(weights), metadata };
}

function storedWeight(source: ByteSource, bodyStart: number, { name, type, shape, start, end }: GgufTensor, fail: Fail): StoredWeight {
  const read = (): Promise<Uint8Array> => source.read(bodyStart + start, bodyStart + end);
  const count = sizeOf(shape);
  const load = async (): Promise<StoredTensor> => {
    if (type.read === undefined) return fail(`tensor ${name} ${unreadableAs(type.name, readable())}`);
    const bytes = await read();
    return guarded(name, fail, () => ({ shape, ...type.read!(bytes, count) }));
  };
  const { blocks } = type;
  const columns = shape.at(-1) ?? 0;
  const unreadable = type.read === undefined ? { unreadable: unreadableAs(type.name, readable()) } : {};
  const weight = { storedAs: type.name, shape, bytes: end - start, load, ...unreadable };
  if (blocks === undefined || count === 0) return weight;
  const { read: readBlocks, ...kind } = blocks;
  const loadBlocks = async (): Promise<QuantisedBlocks> => {
    const bytes = await read();
    return guarded(name, fail, () => readBlocks(bytes, count / columns, columns));
  };
  return { ...weight, blocks: { ...kind, load: loadBlocks } };
}

/** Values take up to eight times what they take in the file, and may not fit. */
function guarded<Result>(name: string, fail: Fail, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return fail(`tensor ${name} does not fit into memory (${error.message})`);
    throw error;
  }
}

function readable(): string[] {
  return [...tensorTypes.values()].filter(({ read }) => read !== undefined).map(({ name }) => name);
}
