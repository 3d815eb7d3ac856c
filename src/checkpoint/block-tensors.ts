/** Matrices in blocks as tensors: what a network's graphs read and what model folders keep. */
import { middleOf } from "../nn/scope.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { float16ToFloat32 } from "./half.ts";
import type { PerBlock, QuantisedBlocks } from "./weight-file.ts";

/** The tensors that stand for the weight at `path`: its codes, scales and, if there are any, minimums, or offsets beside scales in float32. */
export function blockTensors(
  path: string,
  { bits, rows, columns, blockSize, codes, scales, minimums }: QuantisedBlocks,
): readonly (readonly [path: string, tensor: HostTensor])[] {
  const shape = [rows, columns / blockSize];
  const perBlock = (name: string, data: PerBlock) => [`${path}.${name}`, { dtype: data instanceof Float32Array ? "float32" : "float16", shape, data }] as const;
  const tensors = [[`${path}.codes`, { dtype: "uint8", shape: [...shape, (blockSize * bits) / 8], data: codes }] as const, perBlock("scales", scales)];
  if (minimums === undefined) return tensors;
  if (minimums instanceof Uint16Array) return [...tensors, perBlock("minimums", minimums)];
  return [
    ...tensors,
    perBlock(
      "offsets",
      minimums.map((minimum, i) => minimum + middleOf(bits) * scales[i]!),
    ),
  ];
}

/** The matrix as float32, row by row. */
export function dequantised({ bits, blockSize, codes, ...blocks }: QuantisedBlocks): Float32Array {
  const wide = (data: PerBlock): Float32Array => (data instanceof Float32Array ? data : float16ToFloat32(data));
  const scales = wide(blocks.scales);
  const minimums = blocks.minimums && wide(blocks.minimums);
  const middle = middleOf(bits);
  return Float32Array.from({ length: scales.length * blockSize }, (_, i) => {
    const block = Math.floor(i / blockSize);
    const code = bits === 8 ? codes[i]! : (codes[i >> 1]! >> (4 * (i & 1))) & 15;
    return minimums === undefined ? scales[block]! * (code - middle) : scales[block]! * code + minimums[block]!;
  });
}
