/** float32 matrices as blocks of values of a row with 4 or 8 bits each. */
import { middleOf } from "../nn/scope.ts";
import { float16ToFloat32, float32ToFloat16 } from "./half.ts";
import type { QuantisedBlocks } from "./weight-file.ts";

/** The scale of 4 bits is tried where the largest value of a block, with its sign, would get one of these codes. */
const largestCodes = [-9, -8.75, -8.5, -8.25, -8, -7.75, -7.5, -7.25, -7];

/**
 * The matrix in blocks without minimums, each with a scale that is a float16 number.
 *
 * With 8 bits the largest value of a block gets the code 127 or -127. With 4 bits codes are -8 to 7, and the scale is the one of several candidates with the
 * smallest squared error. Errors of the matrices of nano (RMS, relative): 0.53% with 8 bits; with 4 bits 8.6% when the largest value always gets -8 (ggml's Q4_0),
 * 8.1% with the search. Minimums as well would make that 7.1% to 7.8%, and cost half a bit for each weight and a product more: not worth it here.
 * @param values - [rows, columns], finite
 * @param columns - a multiple of the block size
 */
export function quantise(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  { bits, blockSize }: Pick<QuantisedBlocks, "bits" | "blockSize">,
): QuantisedBlocks {
  if (columns % blockSize !== 0 || values.length !== rows * columns)
    throw new Error(`${values.length} values cannot be cut into ${rows} rows of blocks of ${blockSize}`);
  const count = values.length / blockSize;
  const wanted = Float32Array.from({ length: count }, (_, at) => {
    const block = values.subarray(at * blockSize, (at + 1) * blockSize);
    return bits === 8 ? Math.abs(largest(block)) / 127 : searchedScale(block);
  });
  const scales = float32ToFloat16(wanted);
  const kept = float16ToFloat32(scales);
  const codes = new Uint8Array((values.length * bits) / 8);
  const middle = middleOf(bits);
  for (let i = 0; i < values.length; i++) {
    // Codes are chosen for the scale that is kept, not for the one it was rounded from.
    const scale = kept[Math.floor(i / blockSize)]!;
    const code = scale === 0 ? middle : clampedRound(values[i]! / scale, middle) + middle;
    if (bits === 8) codes[i] = code;
    else codes[i >> 1]! |= code << (4 * (i & 1));
  }
  return { bits, blockSize, rows, columns, codes, scales };
}

/** The value that is farthest from zero, with its sign. */
function largest(block: Float32Array): number {
  let far = 0;
  for (const value of block) if (Math.abs(value) > Math.abs(far)) far = value;
  return far;
}

/** To the nearest whole number from -middle to middle - 1. */
function clampedRound(value: number, middle: number): number {
  const rounded = Math.round(value);
  return rounded < -middle ? -middle : rounded >= middle ? middle - 1 : rounded;
}

/** Of the candidates' codes, each with the scale that fits them best, the ones with the smallest squared error: that is Σ value² - (Σ code · value)² / Σ code². */
function searchedScale(block: Float32Array): number {
  const far = largest(block);
  if (far === 0) return 0;
  let [best, explained] = [0, 0];
  for (const largestCode of largestCodes) {
    const inverse = largestCode / far;
    let [products, squares] = [0, 0];
    for (const value of block) {
      const code = clampedRound(value * inverse, 8);
      products += code * value;
      squares += code * code;
    }
    if (products * products <= explained * squares) continue;
    best = products / squares;
    explained = (products * products) / squares;
  }
  return best;
}
