/** float32 matrices as blocks of 32 values of a row with 4 or 8 bits each. */
import { float16ToFloat32, float32ToFloat16 } from "./half.ts";
import type { QuantisedBlocks } from "./weight-file.ts";

const blockSize = 32;
/** The scale of 4 bits is tried where the largest value of a block, with its sign, would get one of these codes. */
const largestCodes = [-9, -8.75, -8.5, -8.25, -8, -7.75, -7.5, -7.25, -7];

/**
 * The matrix in blocks without offsets, each with a scale that is a float16 number.
 *
 * With 8 bits the largest value of a block gets the code 127 or -127. With 4 bits codes are -8 to 7, and the scale is the one of several candidates with the
 * smallest squared error. Errors of the matrices of nano (RMS, relative): 0.53% with 8 bits; with 4 bits 8.6% when the largest value always gets -8 (ggml's Q4_0),
 * 8.1% with the search. Offsets as well would make that 7.1% to 7.8%, and cost half a bit for each weight and a product more: not worth it here.
 * @param values - [rows, columns], finite
 * @param columns - a multiple of 32
 */
export function quantise(values: Float32Array, [rows, columns]: readonly [number, number], bits: 4 | 8): QuantisedBlocks {
  if (columns % blockSize !== 0 || values.length !== rows * columns)
    throw new Error(`${values.length} values cannot be cut into ${rows} rows of blocks of ${blockSize}`);
  const count = values.length / blockSize;
  const codes = new Uint8Array(count * 4 * bits);
  const scales = new Float32Array(count);
  const largestCode = bits === 8 ? 127 : 7;
  for (let at = 0; at < count; at++) {
    const block = values.subarray(at * blockSize, (at + 1) * blockSize);
    const scale = bits === 8 ? Math.abs(largest(block)) / largestCode : searchedScale(block);
    // Codes are chosen for the scale that is kept, not for the one it was rounded from.
    scales[at] = float16ToFloat32(float32ToFloat16(Float32Array.of(scale)))[0]!;
    for (let i = 0; i < blockSize; i++) {
      const code = codeOf(block[i]!, scales[at]!, largestCode) + largestCode + 1;
      if (bits === 8) codes[at * blockSize + i] = code;
      else codes[at * 16 + (i >> 1)]! |= code << (4 * (i & 1));
    }
  }
  return { bits, blockSize, rows, columns, codes, scales };
}

/** The value that is farthest from zero, with its sign. */
function largest(block: Float32Array): number {
  return block.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0);
}

function codeOf(value: number, scale: number, largestCode: number): number {
  return scale === 0 ? 0 : Math.max(-largestCode - 1, Math.min(largestCode, Math.round(value / scale)));
}

function searchedScale(block: Float32Array): number {
  const far = largest(block);
  let best = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const code of largestCodes) {
    const scale = fitted(block, far / code);
    let error = 0;
    for (const value of block) error += (value - scale * codeOf(value, scale, 7)) ** 2;
    if (error >= smallest) continue;
    best = scale;
    smallest = error;
  }
  return best;
}

/** The scale with the smallest squared error for the codes that `scale` gives. */
function fitted(block: Float32Array, scale: number): number {
  let [products, squares] = [0, 0];
  for (const value of block) {
    const code = codeOf(value, scale, 7);
    products += code * value;
    squares += code * code;
  }
  return squares === 0 ? 0 : products / squares;
}
