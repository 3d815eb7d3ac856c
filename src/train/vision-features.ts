import type { OnnxGraph } from "../graph/graph.ts";
import type { HostTensor, Runtime, Session, WeightStore } from "../runtime/runtime.ts";
import type { FeatureEncoder } from "./feature-store.ts";

export interface VisionFeaturesOptions {
  readonly runtime: Runtime;
  /** `pixels` [images, 3, height, width] → `features` [images, positions, width]: a model's vision graph. */
  readonly graph: OnnxGraph;
  readonly weights: WeightStore;
  /** Says which weights and which preprocessing these are, such as the hash of the weights' file. */
  readonly key: string;
  readonly size: number;
  readonly positions: number;
  readonly width: number;
  /** Of values from 0 to 1, by channel. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** A frozen vision encoder, compiled when the first picture comes. The caller disposes of the runtime. */
export function visionFeatureEncoder({ runtime, graph, weights, key, size, positions, width, mean, deviation }: VisionFeaturesOptions): FeatureEncoder {
  let compiled: Promise<Session> | undefined;
  return {
    key,
    size,
    positions,
    width,
    async encode(pixels, pictures) {
      const feed: HostTensor = { dtype: "float32", shape: [pictures, 3, size, size], data: normalised(pixels, pictures, size, mean, deviation) };
      compiled ??= runtime.compile(graph, weights, { name: "the vision encoder", numbers: "finite" });
      const { features } = await (await compiled).run({ pixels: feed });
      return features!.data as Float32Array;
    },
  };
}

/** @param pixels - [pictures, size, size, 3] bytes @returns [pictures, 3, size, size] */
export function normalised(pixels: Uint8ClampedArray, pictures: number, size: number, mean: readonly number[], deviation: readonly number[]): Float32Array {
  const area = size * size;
  const data = new Float32Array(pictures * 3 * area);
  for (let picture = 0; picture < pictures; picture++) {
    for (let channel = 0; channel < 3; channel++) {
      const factor = 1 / (255 * deviation[channel]!);
      const shift = mean[channel]! / deviation[channel]!;
      const out = (picture * 3 + channel) * area;
      for (let i = 0, from = picture * area * 3 + channel; i < area; i++, from += 3) data[out + i] = pixels[from]! * factor - shift;
    }
  }
  return data;
}
