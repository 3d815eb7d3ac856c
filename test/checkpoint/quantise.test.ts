import { expect, test } from "vitest";
import { blockTensors, dequantised } from "../../src/checkpoint/block-tensors.ts";
import { quantise } from "../../src/checkpoint/quantise.ts";
import { noise } from "../model/support.ts";
import { blockProduct } from "./block-product.ts";

const [rows, columns] = [6, 384];
/** Sums of three uniform numbers: nearly normal, as weights are. */
const values = noise(3 * rows * columns, 3).reduce(
  (sums, value, i) => {
    sums[i % sums.length]! += 0.1 * value;
    return sums;
  },
  new Float32Array(rows * columns),
);

const kinds = [
  { bits: 4, blockSize: 32 },
  { bits: 4, blockSize: 128 },
  { bits: 8, blockSize: 32 },
] as const;

function relativeError(found: Float32Array, expected: Float32Array): number {
  const squares = (list: Float32Array): number => list.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(found.map((value, i) => value - expected[i]!)) / squares(expected));
}

test.each([
  // A uniform quantiser of a normal distribution cut at the largest of 32 values has about these errors.
  [8, 32, 0.007],
  [4, 32, 0.1],
  [4, 128, 0.13],
] as const)("%i bits in blocks of %i stay close", (bits, blockSize, limit) => {
  const blocks = quantise(values, [rows, columns], { bits, blockSize });
  const error = relativeError(dequantised(blocks), values);
  expect(error).toBeLessThan(limit);
  expect(error).toBeGreaterThan(limit / 4);
  expect(blocks.codes.length).toBe((rows * columns * bits) / 8);
  expect(blocks.scales.length).toBe((rows * columns) / blockSize);
});

test.each(kinds)("what is on a grid of $bits bits in blocks of $blockSize comes back exactly, the second time too", (kind) => {
  const { bits } = kind;
  const once = dequantised(quantise(values, [rows, columns], kind));
  const twice = dequantised(quantise(once, [rows, columns], kind));
  // The first scale is the best for its own codes, up to its rounding to float16.
  expect(relativeError(twice, once)).toBeLessThan(bits === 8 ? 1e-3 : 3e-3);
  const grid = Float32Array.from({ length: columns }, (_, i) => ((i % 16) - 8) / 64);
  expect(dequantised(quantise(grid, [1, columns], kind))).toEqual(bits === 4 ? grid : dequantised(quantise(grid, [1, columns], kind)));
});

test("4 bits are better than with a scale that the largest value alone decides", () => {
  const searched = relativeError(dequantised(quantise(values, [rows, columns], { bits: 4, blockSize: 32 })), values);
  const plain = Float32Array.from({ length: values.length }, (_, i) => {
    const block = values.subarray(i - (i % 32), i - (i % 32) + 32);
    const scale = block.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0) / -8;
    return scale * Math.max(-8, Math.min(7, Math.round(values[i]! / scale)));
  });
  expect(searched).toBeLessThan(relativeError(plain, values));
});

test("blocks of zeros stay zero", () => {
  for (const kind of kinds) expect(dequantised(quantise(new Float32Array(256), [2, 128], kind))).toEqual(new Float32Array(256));
});

test("ONNX Runtime multiplies with the matrix that the codes stand for", async () => {
  for (const kind of kinds) {
    const blocks = quantise(values, [rows, columns], kind);
    const x = noise(columns, 9);
    const matrix = dequantised(blocks);
    const expected = Float32Array.from({ length: rows }, (_, row) => x.reduce((sum, value, i) => sum + value * matrix[row * columns + i]!, 0));
    // It turns x to 8 bits on the way.
    expect(relativeError(await blockProduct(blocks, x), expected)).toBeLessThan(0.01);
  }
});

test("what cannot be cut into blocks is refused", () => {
  expect(() => quantise(new Float32Array(40), [1, 40], { bits: 4, blockSize: 32 })).toThrow(/cannot be cut into 1 rows of blocks of 32/);
  expect(() => quantise(new Float32Array(96), [1, 96], { bits: 4, blockSize: 128 })).toThrow(/cannot be cut into 1 rows of blocks of 128/);
});

test("tensors are named after the weight", () => {
  const blocks = quantise(values, [rows, columns], { bits: 4, blockSize: 128 });
  expect(blockTensors("a.weight", blocks).map(([path, { dtype, shape }]) => [path, dtype, shape])).toEqual([
    ["a.weight.codes", "uint8", [6, 3, 64]],
    ["a.weight.scales", "float16", [6, 3]],
  ]);
});
