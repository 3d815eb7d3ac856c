import { mediaView } from "../../src/data/media-view.ts";
import { toOnnx } from "../../src/graph/graph.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { TrainingGraphs } from "../../src/model/training-graphs.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import type { HostTensor, Runtime } from "../../src/runtime/runtime.ts";

const config = parseFlamingoConfig({
  vision: { kind: "mobilenet-v2", imageSize: 32, features: ["stride16"] },
  resampler: { kind: "perceiver", width: 12, layers: 1, heads: 2, headDim: 8, latents: 3, frames: 1 },
  language: { vocabulary: 31, width: 16, blocks: 2, heads: 2, hidden: 24, maxTokens: 64, norm: "rms", activation: "swiGlu" },
  fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8, gateInitial: 0.8 },
});

/** Text before the first picture, pictures back to back, and a row without any. */
const rows = [{ mediaOf: [-1, -1, 0, 0, 1, 2, 2] }, { mediaOf: [-1, -1, -1, -1, -1, -1, -1] }];
const [media, tokens] = [3, 7];

/** What every device must compute alike, by name. */
export type DeviceResults = Readonly<Record<string, readonly number[]>>;

/** Features of a picture, and the loss and every gradient of one training step of a small Flamingo. */
export async function tinyFlamingo(runtime: Runtime): Promise<DeviceResults> {
  const network = new Flamingo(config);
  const weights = new Map([...network.parameters()].map(([path, tensor]) => [path, floats(tensor.shape as readonly number[], initialValues(tensor, 7))]));
  const vision = await runtime.compile(toOnnx({ outputs: network.graphs.vision() }), weights);
  const { features } = await vision.run({ pixels: noise([media, 3, 32, 32], 1) });
  const step = await runtime.compile(toOnnx({ outputs: new TrainingGraphs(network).training() }), weights);
  const count = rows.length * tokens;
  const results = await step.run({
    features: { ...features!, shape: [media, 1, network.vision.spatial, network.vision.width] },
    tokens: int64([rows.length, tokens], (i) => (7 * i + 3) % 31),
    labels: int64([rows.length, tokens], (i) => (11 * i + 5) % 31),
    labelWeights: floats(
      [rows.length, tokens],
      Float32Array.from({ length: count }, (_, i) => Number(i % 3 !== 0)),
    ),
    ...mediaView(rows, { tokens, attend: "last" }),
  });
  return Object.fromEntries(Object.entries({ features: features!, ...results }).map(([name, { data }]) => [name, Array.from(data as Float32Array)]));
}

/** The largest difference between two devices' results, relative to the largest number of each result, and where it is. */
export function largestDifference(results: DeviceResults, expected: DeviceResults): { readonly name: string; readonly difference: number } {
  let largest = { name: "", difference: 0 };
  for (const [name, values] of Object.entries(expected)) {
    const scale = Math.max(1e-3, ...values.map(Math.abs));
    const difference = Math.max(...values.map((value, i) => Math.abs(value - (results[name]?.[i] ?? Number.POSITIVE_INFINITY)))) / scale;
    if (!(difference <= largest.difference)) largest = { name, difference };
  }
  return largest;
}

function floats(shape: readonly number[], data: Float32Array): HostTensor {
  return { dtype: "float32", shape, data };
}

function int64(shape: readonly [number, number], value: (i: number) => number): HostTensor {
  return { dtype: "int64", shape, data: BigInt64Array.from({ length: shape[0] * shape[1] }, (_, i) => BigInt(value(i))) };
}

/** Reproducible numbers between -1 and 1. */
function noise(shape: readonly number[], seed: number): HostTensor {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  return floats(shape, Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, next));
}
