/** Blocks of 256 values with scales of their own scales ("K-quants"), as ggml computes them (ggml-quants.c). Exact, as {@link dequantiseQ4_0} and its neighbours are. */
import { type Dequantiser, halfAt, halfValues, unevenValues } from "./dequantise.ts";

export const dequantiseQ2_K: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 84, out += 256) {
    const scale = halfAt(bytes, at + 80, halves);
    const least = halfAt(bytes, at + 82, halves);
    for (let part = 0; part < 16; part++) {
      const partScale = scale * (bytes[at + part]! & 15);
      const partLeast = least * (bytes[at + part]! >> 4);
      const { codes, shift } = twoBits(at + 16, part);
      for (let i = 0; i < 16; i++) values[out + part * 16 + i] = ((bytes[codes + i]! >> shift) & 3) * partScale - partLeast;
    }
  }
};

export const dequantiseQ3_K: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 110, out += 256) {
    const scale = halfAt(bytes, at + 108, halves);
    for (let part = 0; part < 16; part++) {
      const four = (bytes[at + 96 + (part & 7)]! >> (part < 8 ? 0 : 4)) & 15;
      const two = (bytes[at + 104 + (part & 3)]! >> ((part >> 2) * 2)) & 3;
      const partScale = scale * ((four | (two << 4)) - 32);
      const { codes, shift } = twoBits(at + 32, part);
      for (let i = 0; i < 16; i++) {
        const third = (bytes[at + (part & 1) * 16 + i]! >> (part >> 1)) & 1;
        values[out + part * 16 + i] = ((((bytes[codes + i]! >> shift) & 3) | (third << 2)) - 4) * partScale;
      }
    }
  }
};

export const dequantiseQ4_K: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 144, out += 256) {
    const scale = halfAt(bytes, at, halves);
    const least = halfAt(bytes, at + 2, halves);
    for (let part = 0; part < 8; part++) {
      const partScale = scale * sixBitScale(bytes, at + 4, part);
      const partLeast = least * sixBitLeast(bytes, at + 4, part);
      const codes = at + 16 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let i = 0; i < 32; i++) values[out + part * 32 + i] = ((bytes[codes + i]! >> shift) & 15) * partScale - partLeast;
    }
  }
};

export const dequantiseQ5_K: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 176, out += 256) {
    const scale = halfAt(bytes, at, halves);
    const least = halfAt(bytes, at + 2, halves);
    for (let part = 0; part < 8; part++) {
      const partScale = scale * sixBitScale(bytes, at + 4, part);
      const partLeast = least * sixBitLeast(bytes, at + 4, part);
      const codes = at + 48 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const fifth = (bytes[at + 16 + i]! >> part) & 1;
        values[out + part * 32 + i] = (((bytes[codes + i]! >> shift) & 15) | (fifth << 4)) * partScale - partLeast;
      }
    }
  }
};

export const dequantiseQ6_K: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 210, out += 256) {
    const scale = halfAt(bytes, at + 208, halves);
    for (let part = 0; part < 8; part++) {
      const half = part >> 2;
      const quarter = part & 3;
      const low = at + half * 64 + (quarter & 1) * 32;
      const high = at + 128 + half * 32;
      for (let i = 0; i < 32; i++) {
        const four = (bytes[low + i]! >> (quarter < 2 ? 0 : 4)) & 15;
        const two = (bytes[high + i]! >> (quarter * 2)) & 3;
        const eighth = (bytes[at + 192 + part * 2 + (i >> 4)]! << 24) >> 24;
        values[out + part * 32 + i] = scale * eighth * ((four | (two << 4)) - 32);
      }
    }
  }
};

export const dequantiseIQ4_XS: Dequantiser = (bytes, values) => {
  const halves = halfValues();
  for (let at = 0, out = 0; out < values.length; at += 136, out += 256) {
    const scale = halfAt(bytes, at, halves);
    for (let part = 0; part < 8; part++) {
      const four = (bytes[at + 4 + (part >> 1)]! >> ((part & 1) * 4)) & 15;
      const two = (bytes[at + 2 + (part >> 2)]! >> ((part & 3) * 2)) & 3;
      const partScale = scale * ((four | (two << 4)) - 32);
      for (let i = 0; i < 16; i++) {
        const pair = bytes[at + 8 + part * 16 + i]!;
        values[out + part * 32 + i] = unevenValues[pair & 15]! * partScale;
        values[out + part * 32 + 16 + i] = unevenValues[pair >> 4]! * partScale;
      }
    }
  }
};

/** Where the 16 codes of two bits of part `part` lie: each byte holds one of four parts. */
function twoBits(at: number, part: number): { readonly codes: number; readonly shift: number } {
  return { codes: at + (part >> 3) * 32 + (part & 1) * 16, shift: ((part & 7) >> 1) * 2 };
}

/** The 6-bit scale of part `part`: the first four lie in six bits of a byte each, the others in four bits and the first ones' spare two. */
function sixBitScale(bytes: Uint8Array, at: number, part: number): number {
  return part < 4 ? bytes[at + part]! & 63 : (bytes[at + part + 4]! & 15) | ((bytes[at + part - 4]! >> 6) << 4);
}

/** As {@link sixBitScale}, of what is subtracted. */
function sixBitLeast(bytes: Uint8Array, at: number, part: number): number {
  return part < 4 ? bytes[at + part + 4]! & 63 : (bytes[at + part + 4]! >> 4) | ((bytes[at + part]! >> 6) << 4);
}
