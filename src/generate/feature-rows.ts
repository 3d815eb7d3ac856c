/** The rows of an encoder's features: first those of its grid, then those that its classifier's probabilities fill. */
import { evidenceRows } from "../model/vision/class-evidence.ts";
import type { VisionEncoder } from "../model/vision/vision.ts";
import type { HostTensor } from "../runtime/runtime.ts";

/** @param features - [frames, spatial, width] @returns [frames, positions, width] */
export function gridOf(features: HostTensor, { spatial, width, classes }: VisionEncoder): HostTensor {
  const grid = spatial - evidenceRows(classes, width);
  return grid === spatial ? features : cut(features, 0, grid * width, [grid, width]);
}

/** @param features - [frames, spatial, width] @returns [frames, classes]; undefined where there is no classifier */
export function probabilitiesOf(features: HostTensor, { spatial, width, classes }: VisionEncoder): HostTensor | undefined {
  return classes === 0 ? undefined : cut(features, (spatial - evidenceRows(classes, width)) * width, classes, [classes]);
}

/** The mean over all frames and positions. @param features - float32 [frames, positions, width] @returns [width] */
export function meanFeature({ shape, data }: HostTensor): Float32Array<ArrayBuffer> {
  const [frames, positions, width] = shape as [number, number, number];
  const mean = new Float32Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width]! += (data[i] as number) / (frames * positions);
  return mean;
}

/** So many values of each frame. */
function cut({ shape: [frames, spatial, width], data }: HostTensor, start: number, count: number, shape: readonly number[]): HostTensor {
  const [number, stride] = [frames as number, (spatial as number) * (width as number)];
  const values = new Float32Array(number * count);
  for (let frame = 0; frame < number; frame++)
    values.set((data as Float32Array).subarray(frame * stride + start, frame * stride + start + count), frame * count);
  return { dtype: "float32", shape: [number, ...shape], data: values };
}
