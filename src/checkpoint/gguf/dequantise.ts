/**
 * Blocks of 32 values, as ggml computes them (ggml-quants.c, dequantize_row_*): scale and offset are half precision, so
 * that every product here is exact in double precision and one rounding to float32 gives ggml's result to the bit.
 */
import { float16ToFloat32 } from "../half.ts";

/** Fills `values` from as many blocks as it has room for. */
export type Dequantiser = (bytes: Uint8Array, values: Float32Array) => void;

let table: Float32Array | undefined;

/** @returns what each of the 65,536 bit patterns of half precision stands for */
export function halfValues(): Float32Array {
  table ??= float16ToFloat32(Uint16Array.from({ length: 65_536 }, (_, bits) => bits));
  return table;
}

/** A block's scale or offset. */
export function halfAt(bytes: Uint8Array, at: number, halves: Float32Array): number {
  return halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

export const dequantiseQ4_0: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 18, out += 32) {
    const scale = halfAt(bytes, at, halves);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i]!;
      values[out + i] = ((pair & 15) - 8) * scale;
      values[out + 16 + i] = ((pair >> 4) - 8) * scale;
    }
  }
};

export const dequantiseQ4_1: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 20, out += 32) {
    const scale = halfAt(bytes, at, halves);
    const least = halfAt(bytes, at + 2, halves);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i]!;
      values[out + i] = (pair & 15) * scale + least;
      values[out + 16 + i] = (pair >> 4) * scale + least;
    }
  }
};

export const dequantiseQ5_0: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 22, out += 32) {
    const scale = halfAt(bytes, at, halves);
    for (let i = 0; i < 32; i++) values[out + i] = (fiveBits(bytes, at + 2, at + 6, i) - 16) * scale;
  }
};

export const dequantiseQ5_1: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 24, out += 32) {
    const scale = halfAt(bytes, at, halves);
    const least = halfAt(bytes, at + 2, halves);
    for (let i = 0; i < 32; i++) values[out + i] = fiveBits(bytes, at + 4, at + 8, i) * scale + least;
  }
};

export const dequantiseQ8_0: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 34, out += 32) {
    const scale = halfAt(bytes, at, halves);
    for (let i = 0; i < 32; i++) values[out + i] = ((bytes[at + 2 + i]! << 24) >> 24) * scale;
  }
};

/** What the codes of the types of uneven steps stand for (ggml-common.h, kvalues_iq4nl). */
export const unevenValues: readonly number[] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

export const dequantiseIQ4_NL: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 18, out += 32) {
    const scale = halfAt(bytes, at, halves);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i]!;
      values[out + i] = unevenValues[pair & 15]! * scale;
      values[out + 16 + i] = unevenValues[pair >> 4]! * scale;
    }
  }
};

/** Code `i` of a block: four bits at `low`, the fifth in the 32 bits at `high`. */
export function fiveBits(bytes: Uint8Array, high: number, low: number, i: number): number {
  const four = (bytes[low + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15;
  const fifth = (bytes[high + (i >> 3)]! >> (i & 7)) & 1;
  return four | (fifth << 4);
}
