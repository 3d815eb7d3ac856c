/** Matrices in 8 bits with one scale for each output channel, for products in whole numbers (`graph/operators/channel-product.ts`). */
import { largestChannelCode } from "../graph/graph.ts";
import type { HostTensor } from "../runtime/runtime.ts";

/**
 * The tensors that stand for the weight at `path`. The value of a row that is farthest from zero gets the largest code or minus it.
 * @param values - [rows, columns], finite
 */
export function channelTensors(
  path: string,
  values: Float32Array,
  [rows, columns]: readonly [number, number],
): readonly (readonly [path: string, tensor: HostTensor])[] {
  const codes = new Int8Array(columns * rows);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const channel = values.subarray(row * columns, (row + 1) * columns);
    const scale = channel.reduce((far, value) => Math.max(far, Math.abs(value)), 0) / largestChannelCode;
    scales[row] = scale;
    if (scale === 0) continue;
    channel.forEach((value, column) => {
      codes[column * rows + row] = Math.round(value / scale);
    });
  }
  return [
    [`${path}.codes`, { dtype: "int8", shape: [columns, rows], data: codes }],
    [`${path}.scales`, { dtype: "float32", shape: [rows], data: scales }],
  ];
}

/** The matrix as float32 [rows, columns]. @param codes - int8 [columns, rows] @param scales - float32 [rows] */
export function fromChannels(codes: HostTensor, scales: HostTensor): HostTensor {
  const [columns, rows] = codes.shape as readonly [number, number];
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    return (scales.data[row] as number) * (codes.data[(i % columns) * rows + row] as number);
  });
  return { dtype: "float32", shape: [rows, columns], data };
}
