/**
 * ggml's blocks of 32 as ONNX Runtime's `MatMulNBits` takes them: scales apart from codes, codes unsigned, and with 4 bits
 * values 2i and 2i+1 in byte i (ggml: values i and i+16). Codes of 5 bits, and of uneven steps, become codes of 8 bits that stand for the same values.
 */

import type { QuantisedBlocks, StoredBlocks } from "../weight-file.ts";
import { fiveBits, unevenValues } from "./dequantise.ts";

const blockSize = 32;

/** A type's blocks, and what turns the bytes of a matrix into them. */
export interface BlockReader extends Pick<StoredBlocks, "bits" | "blockSize" | "minimums" | "wide"> {
  read(bytes: Uint8Array, rows: number, columns: number): QuantisedBlocks;
}

export const blocksOfQ4_0: BlockReader = { bits: 4, blockSize, minimums: false, read: readQ4_0 };

function readQ4_0(bytes: Uint8Array, rows: number, columns: number): QuantisedBlocks {
  const count = (rows * columns) / blockSize;
  const codes = new Uint8Array(count * 16);
  const scales = new Uint16Array(count);
  for (let block = 0; block < count; block++) {
    scales[block] = bitsAt(bytes, block * 18);
    repackFourBits(bytes, block * 18 + 2, codes, block * 16);
  }
  return { bits: 4, blockSize, rows, columns, codes, scales };
}

export const blocksOfQ4_1: BlockReader = { bits: 4, blockSize, minimums: true, read: readQ4_1 };

function readQ4_1(bytes: Uint8Array, rows: number, columns: number): QuantisedBlocks {
  const count = (rows * columns) / blockSize;
  const codes = new Uint8Array(count * 16);
  const scales = new Uint16Array(count);
  const minimums = new Uint16Array(count);
  for (let block = 0; block < count; block++) {
    scales[block] = bitsAt(bytes, block * 20);
    minimums[block] = bitsAt(bytes, block * 20 + 2);
    repackFourBits(bytes, block * 20 + 4, codes, block * 16);
  }
  return { bits: 4, blockSize, rows, columns, codes, scales, minimums };
}

export const blocksOfQ8_0: BlockReader = eightBits(34, false, (bytes, at, i) => bytes[at + 2 + i]! ^ 0x80);
export const blocksOfQ5_0: BlockReader = eightBits(22, false, (bytes, at, i) => fiveBits(bytes, at + 2, at + 6, i) - 16 + 128);
export const blocksOfQ5_1: BlockReader = eightBits(24, true, (bytes, at, i) => fiveBits(bytes, at + 4, at + 8, i));
export const blocksOfIQ4_NL: BlockReader = eightBits(18, false, (bytes, at, i) => unevenValues[(bytes[at + 2 + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15]! + 128);

/** @param blockBytes - a block begins with its scale, and its minimum if it has one @param code - value `i` of the block at `at` */
function eightBits(blockBytes: number, hasMinimums: boolean, code: (bytes: Uint8Array, at: number, i: number) => number): BlockReader {
  const read = (bytes: Uint8Array, rows: number, columns: number): QuantisedBlocks => {
    const count = (rows * columns) / blockSize;
    const codes = new Uint8Array(count * blockSize);
    const scales = new Uint16Array(count);
    const minimums = new Uint16Array(hasMinimums ? count : 0);
    for (let block = 0, at = 0; block < count; block++, at += blockBytes) {
      scales[block] = bitsAt(bytes, at);
      if (hasMinimums) minimums[block] = bitsAt(bytes, at + 2);
      for (let i = 0; i < blockSize; i++) codes[block * blockSize + i] = code(bytes, at, i);
    }
    return { bits: 8, blockSize, rows, columns, codes, scales, ...(hasMinimums ? { minimums } : {}) };
  };
  return { bits: 8, blockSize, minimums: hasMinimums, read };
}

/** Of a float16 number. */
function bitsAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

function repackFourBits(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let i = 0; i < 8; i++) {
    const even = source[from + 2 * i]!;
    const odd = source[from + 2 * i + 1]!;
    target[to + i] = (even & 15) | ((odd & 15) << 4);
    target[to + 8 + i] = (even >> 4) | (odd & 0xf0);
  }
}
