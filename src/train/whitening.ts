import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { Random } from "../data/random.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import type { FeatureReader } from "./sources/source.ts";

/** Share of the mean variance that is added to every direction, so that those in which pictures hardly differ are not blown up. */
const shrinkage = 0.05;

/**
 * Starting values of the resampler's input that whiten: its channel norm gives every feature channel mean 0 and deviation 1 over training pictures, its projection keeps the directions
 * in which pictures differ most and makes them equally strong. Distances between pictures then say more: unlike the raw channels, no few directions drown the others.
 * @param pictures - ids to sample from
 * @param width - the projection's outputs; 0 where the resampler has none
 * @param grid - rows of features that count: those after them are what a classifier says
 * @returns weights by path
 */
export function whitenedInput(
  features: FeatureReader,
  pictures: readonly string[],
  width: number,
  grid = features.positions,
  samples = 2000,
): ReadonlyMap<string, HostTensor> {
  const { positions, width: channels } = features;
  const sampled = new Random("whitening").sample(pictures, samples);
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const record = new Float32Array(positions * channels);
  const pooled = Matrix.zeros(sampled.length, channels);
  sampled.forEach((picture, row) => {
    features.read(picture, 0, record);
    record.subarray(0, grid * channels).forEach((value, i) => {
      const channel = i % channels;
      sum[channel]! += value;
      squares[channel]! += value * value;
      pooled.set(row, channel, pooled.get(row, channel) + value / grid);
    });
  });
  const count = sampled.length * grid;
  const mean = Float32Array.from(sum, (total) => total / count);
  // A channel that never changes says nothing.
  const scale = Float32Array.from(squares, (total, i) => 1 / Math.sqrt(Math.max(total / count - mean[i]! ** 2, 1e-4)));
  const values = new Map<string, HostTensor>([
    ["resampler.input.channels.mean", { dtype: "float32", shape: [channels], data: mean }],
    ["resampler.input.channels.scale", { dtype: "float32", shape: [channels], data: scale }],
  ]);
  if (width === 0) return values;
  const outputs = Math.min(width, channels);
  const standardised = pooled.subRowVector(Array.from(mean)).mulRowVector(Array.from(scale));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(standardised.transpose().mmul(standardised).div(sampled.length), {
    assumeSymmetric: true,
  });
  const floor = (shrinkage * realEigenvalues.reduce((total, value) => total + value, 0)) / channels;
  const projection = new Float32Array(width * channels);
  for (let output = 0; output < outputs; output++) {
    // Eigenvalues come in ascending order.
    const direction = channels - 1 - output;
    const strength = 1 / Math.sqrt(Math.max(realEigenvalues[direction]!, 0) + floor);
    for (let channel = 0; channel < channels; channel++) projection[output * channels + channel] = eigenvectorMatrix.get(channel, direction) * strength;
  }
  return values.set("resampler.input.projection.weight", { dtype: "float32", shape: [width, channels], data: projection });
}
