/** Matrices in blocks as tensors: what a network's graphs read and what model folders keep. */
import { middleOf } from "../nn/scope.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { float16ToFloat32 } from "./half.ts";
import type { QuantisedBlocks } from "./weight-file.ts";

/** The tensors that stand for the weight at `path`: its codes, scales and, if there are any, minimums. */
export function blockTensors(
  path: string,
  { bits, rows, columns, blockSize, codes, scales, minimums }: QuantisedBlocks,
): readonly (readonly [path: string, tensor: HostTensor])[] {
  const blocks = columns / blockSize;
  const perBlock = (data: Uint16Array): HostTensor => ({ dtype: "float16", shape: [rows, blocks], data });
  return [
    [`${path}.codes`, { dtype: "uint8", shape: [rows, blocks, (blockSize * bits) / 8], data: codes }],
    [`${path}.scales`, perBlock(scales)],
    ...(minimums === undefined ? [] : [[`${path}.minimums`, perBlock(minimums)] as const]),
  ];
}

/** The matrix as float32, row by row. */
export function dequantised({ bits, blockSize, codes, ...blocks }: QuantisedBlocks): Float32Array {
  const scales = float16ToFloat32(blocks.scales);
  const minimums = blocks.minimums && float16ToFloat32(blocks.minimums);
  const middle = middleOf(bits);
  return Float32Array.from({ length: scales.length * blockSize }, (_, i) => {
    const block = Math.floor(i / blockSize);
    const code = bits === 8 ? codes[i]! : (codes[i >> 1]! >> (4 * (i & 1))) & 15;
    return minimums === undefined ? scales[block]! * (code - middle) : scales[block]! * code + minimums[block]!;
  });
}
