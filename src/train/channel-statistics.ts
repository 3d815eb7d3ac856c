import { Random } from "../data/random.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import type { FeatureReader } from "./sources/source.ts";

/**
 * Mean and reciprocal standard deviation of each feature channel over training pictures: starting values of the resampler's channel norm.
 * @param pictures - ids to sample from
 * @returns weights by path
 */
export function channelStatistics(features: FeatureReader, pictures: readonly string[], samples = 1000): ReadonlyMap<string, HostTensor> {
  const { positions, width } = features;
  const sampled = new Random("channel statistics").sample(pictures, samples);
  const sum = new Float64Array(width);
  const squares = new Float64Array(width);
  const record = new Float32Array(positions * width);
  for (const picture of sampled) {
    features.read(picture, 0, record);
    record.forEach((value, i) => {
      sum[i % width]! += value;
      squares[i % width]! += value * value;
    });
  }
  const count = sampled.length * positions;
  const mean = Float32Array.from(sum, (total) => total / count);
  // A channel that never changes says nothing; it must not be blown up.
  const scale = Float32Array.from(squares, (total, i) => 1 / Math.sqrt(Math.max(total / count - mean[i]! ** 2, 1e-4)));
  const vector = (data: Float32Array): HostTensor => ({ dtype: "float32", shape: [width], data });
  return new Map([
    ["resampler.input.channels.mean", vector(mean)],
    ["resampler.input.channels.scale", vector(scale)],
  ]);
}
