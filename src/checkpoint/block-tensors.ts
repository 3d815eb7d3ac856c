/** Matrices in blocks as tensors: what a network's graphs read and what model folders keep. */
import type { HostTensor } from "../runtime/runtime.ts";
import type { QuantisedBlocks } from "./weight-file.ts";

/** The tensors that stand for the weight at `path`: its codes, scales and, if there are any, offsets. */
export function blockTensors(
  path: string,
  { bits, rows, columns, blockSize, codes, scales, offsets }: QuantisedBlocks,
): readonly (readonly [path: string, tensor: HostTensor])[] {
  const blocks = columns / blockSize;
  const perBlock = (data: Float32Array): HostTensor => ({ dtype: "float32", shape: [rows, blocks], data });
  return [
    [`${path}.codes`, { dtype: "uint8", shape: [rows, blocks, (blockSize * bits) / 8], data: codes }],
    [`${path}.scales`, perBlock(scales)],
    ...(offsets === undefined ? [] : [[`${path}.offsets`, perBlock(offsets)] as const]),
  ];
}

/** The matrix as float32, row by row. */
export function dequantised({ bits, blockSize, codes, scales, offsets }: QuantisedBlocks): Float32Array {
  const middle = bits === 4 ? 8 : 128;
  return Float32Array.from({ length: scales.length * blockSize }, (_, i) => {
    const block = Math.floor(i / blockSize);
    const code = bits === 8 ? codes[i]! : (codes[i >> 1]! >> (4 * (i & 1))) & 15;
    return scales[block]! * (code - middle) + (offsets?.[block] ?? 0);
  });
}
