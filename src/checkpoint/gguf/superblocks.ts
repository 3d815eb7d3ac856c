/**
 * Blocks of 256 values in parts of 16 or 32, whose scales have a scale of their own ("K-quants"), as ggml lays them out (ggml-quants.c).
 * A part's scale and minimum are products of a half and a few bits, which float32 holds exactly, so that values are those of ggml to the bit.
 */
import { type Dequantiser, halfAt, halfValues, unevenValues } from "./dequantise.ts";
import type { BlockReader } from "./product-blocks.ts";

const superblockSize = 256;

/** One of them, unpacked: value = scale * code + minimum. */
interface Superblock {
  readonly codes: Int8Array;
  /** Of each part. */
  readonly scales: Float32Array;
  readonly minimums: Float32Array;
}

export interface SuperblockType {
  /** What one takes in the file. */
  readonly bytes: number;
  /** Values of a part. */
  readonly partSize: 16 | 32;
  /** That its codes take as ONNX Runtime multiplies them. */
  readonly bits: 4 | 8;
  /** Whether parts have minimums: then codes begin at 0. */
  readonly minimums: boolean;
  unpack(bytes: Uint8Array, at: number, into: Superblock, halves: Float32Array): void;
}

function empty({ partSize }: SuperblockType): Superblock {
  const parts = superblockSize / partSize;
  // Adding -0 changes nothing, not even the sign of a zero.
  return { codes: new Int8Array(superblockSize), scales: new Float32Array(parts), minimums: new Float32Array(parts).fill(-0) };
}

export function dequantiserOf(type: SuperblockType): Dequantiser {
  return (bytes, values) => {
    const halves = halfValues();
    const block = empty(type);
    const { codes, scales, minimums } = block;
    for (let at = 0, out = 0; out < values.length; at += type.bytes, out += superblockSize) {
      type.unpack(bytes, at, block, halves);
      for (let part = 0, i = 0; part < scales.length; part++) {
        const scale = scales[part]!;
        const minimum = minimums[part]!;
        for (const end = i + type.partSize; i < end; i++) values[out + i] = scale * codes[i]! + minimum;
      }
    }
  };
}

/** Parts as blocks of their own, of which a product needs no float32 copy: with scales in float32, as float16 does not hold them. */
export function blockReaderOf(type: SuperblockType): BlockReader {
  const { partSize: blockSize, bits, minimums: hasMinimums } = type;
  const first = hasMinimums ? 0 : 2 ** (bits - 1);
  return {
    ...{ bits, blockSize, minimums: hasMinimums, wide: true },
    read(bytes, rows, columns) {
      const halves = halfValues();
      const block = empty(type);
      const codes = new Uint8Array((rows * columns * bits) / 8);
      const scales = new Float32Array((rows * columns) / blockSize);
      const minimums = new Float32Array(hasMinimums ? scales.length : 0);
      const parts = superblockSize / blockSize;
      for (let i = 0; i * superblockSize < rows * columns; i++) {
        type.unpack(bytes, i * type.bytes, block, halves);
        scales.set(block.scales, i * parts);
        if (hasMinimums) minimums.set(block.minimums, i * parts);
        pack(block.codes, first, bits, codes, (i * superblockSize * bits) / 8);
      }
      return { bits, blockSize, rows, columns, codes, scales, ...(hasMinimums ? { minimums } : {}) };
    },
  };
}

function pack(codes: Int8Array, first: number, bits: 4 | 8, target: Uint8Array, to: number): void {
  if (bits === 8) for (let i = 0; i < codes.length; i++) target[to + i] = codes[i]! + first;
  else for (let i = 0; i < codes.length / 2; i++) target[to + i] = (codes[2 * i]! + first) | ((codes[2 * i + 1]! + first) << 4);
}

export const q2_k: SuperblockType = {
  ...{ bytes: 84, partSize: 16, bits: 4, minimums: true },
  unpack(bytes, at, { codes, scales, minimums }, halves) {
    const scale = halfAt(bytes, at + 80, halves);
    const least = halfAt(bytes, at + 82, halves);
    for (let part = 0; part < 16; part++) {
      scales[part] = scale * (bytes[at + part]! & 15);
      minimums[part] = -(least * (bytes[at + part]! >> 4));
      const { from, shift } = twoBits(at + 16, part);
      for (let i = 0; i < 16; i++) codes[part * 16 + i] = (bytes[from + i]! >> shift) & 3;
    }
  },
};

export const q3_k: SuperblockType = {
  ...{ bytes: 110, partSize: 16, bits: 4, minimums: false },
  unpack(bytes, at, { codes, scales }, halves) {
    const scale = halfAt(bytes, at + 108, halves);
    for (let part = 0; part < 16; part++) {
      const four = (bytes[at + 96 + (part & 7)]! >> (part < 8 ? 0 : 4)) & 15;
      const two = (bytes[at + 104 + (part & 3)]! >> ((part >> 2) * 2)) & 3;
      scales[part] = scale * ((four | (two << 4)) - 32);
      const { from, shift } = twoBits(at + 32, part);
      for (let i = 0; i < 16; i++) {
        const third = (bytes[at + (part & 1) * 16 + i]! >> (part >> 1)) & 1;
        codes[part * 16 + i] = (((bytes[from + i]! >> shift) & 3) | (third << 2)) - 4;
      }
    }
  },
};

export const q4_k: SuperblockType = {
  ...{ bytes: 144, partSize: 32, bits: 4, minimums: true },
  unpack(bytes, at, block, halves) {
    sixBitScales(bytes, at, block, halves);
    fourBits(bytes, at + 16, block.codes);
  },
};

export const q5_k: SuperblockType = {
  ...{ bytes: 176, partSize: 32, bits: 8, minimums: true },
  unpack(bytes, at, block, halves) {
    const { codes } = block;
    sixBitScales(bytes, at, block, halves);
    fourBits(bytes, at + 48, codes);
    for (let i = 0; i < codes.length; i++) codes[i]! |= ((bytes[at + 16 + (i & 31)]! >> (i >> 5)) & 1) << 4;
  },
};

export const q6_k: SuperblockType = {
  ...{ bytes: 210, partSize: 16, bits: 8, minimums: false },
  unpack(bytes, at, { codes, scales }, halves) {
    const scale = halfAt(bytes, at + 208, halves);
    for (let part = 0; part < 16; part++) {
      scales[part] = scale * signed(bytes[at + 192 + part]!);
      const quarter = (part >> 1) & 3;
      const low = at + (part >> 3) * 64 + (quarter & 1) * 32 + (part & 1) * 16;
      const high = at + 128 + (part >> 3) * 32 + (part & 1) * 16;
      for (let i = 0; i < 16; i++) {
        const four = (bytes[low + i]! >> (quarter < 2 ? 0 : 4)) & 15;
        codes[part * 16 + i] = (four | (((bytes[high + i]! >> (quarter * 2)) & 3) << 4)) - 32;
      }
    }
  },
};

export const iq4_xs: SuperblockType = {
  ...{ bytes: 136, partSize: 32, bits: 8, minimums: false },
  unpack(bytes, at, { codes, scales }, halves) {
    const scale = halfAt(bytes, at, halves);
    for (let part = 0; part < 8; part++) {
      const four = (bytes[at + 4 + (part >> 1)]! >> ((part & 1) * 4)) & 15;
      const two = (bytes[at + 2 + (part >> 2)]! >> ((part & 3) * 2)) & 3;
      scales[part] = scale * ((four | (two << 4)) - 32);
      for (let i = 0; i < 16; i++) {
        const pair = bytes[at + 8 + part * 16 + i]!;
        codes[part * 32 + i] = unevenValues[pair & 15]!;
        codes[part * 32 + 16 + i] = unevenValues[pair >> 4]!;
      }
    }
  },
};

function signed(byte: number): number {
  return (byte << 24) >> 24;
}

/** Parts of 32 codes of four bits: each byte holds one of two parts. */
function fourBits(bytes: Uint8Array, at: number, codes: Int8Array): void {
  for (let part = 0; part < 8; part++) {
    const from = at + (part >> 1) * 32;
    const shift = (part & 1) * 4;
    for (let i = 0; i < 32; i++) codes[part * 32 + i] = (bytes[from + i]! >> shift) & 15;
  }
}

/** Where the 16 codes of two bits of part `part` lie: each byte holds one of four parts. */
function twoBits(at: number, part: number): { readonly from: number; readonly shift: number } {
  return { from: at + (part >> 3) * 32 + (part & 1) * 16, shift: ((part & 7) >> 1) * 2 };
}

/** Scales and minimums of 6 bits: those of the first four parts lie in six bits of a byte each, the others' in four bits and the first ones' spare two. */
function sixBitScales(bytes: Uint8Array, at: number, { scales, minimums }: Superblock, halves: Float32Array): void {
  const scale = halfAt(bytes, at, halves);
  const least = halfAt(bytes, at + 2, halves);
  const [first, second, third] = [at + 4, at + 8, at + 12];
  for (let part = 0; part < 4; part++) {
    scales[part] = scale * (bytes[first + part]! & 63);
    minimums[part] = -(least * (bytes[second + part]! & 63));
    scales[part + 4] = scale * ((bytes[third + part]! & 15) | ((bytes[first + part]! >> 6) << 4));
    minimums[part + 4] = -(least * ((bytes[third + part]! >> 4) | ((bytes[second + part]! >> 6) << 4)));
  }
}
