import { join } from "node:path";
import { expect } from "vitest";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { widened } from "../../src/checkpoint/widen.ts";
import { loadPicture } from "../../src/data/image.ts";
import { preprocess } from "../../src/data/preprocessing.ts";
import { input, toOnnx } from "../../src/graph/graph.ts";
import { createVisionEncoder, visionConfig } from "../../src/model/vision/vision.ts";
import { Scope } from "../../src/nn/scope.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";

export const root: string = join(import.meta.dirname, "../..");

export interface Features {
  /** [1, positions, width] */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What another implementation got for a layer: every so-manieth value, and the mean of every position. */
export interface ReferenceFeatures {
  readonly shape: readonly number[];
  readonly every: number;
  readonly values: readonly number[];
  readonly positionMeans: readonly number[];
}

export interface FeaturesRequest {
  readonly config: { readonly kind: string; readonly features: readonly string[] };
  readonly weights: Uint8Array;
  readonly picture: string;
  /** Edge in pixels, both of the picture and of the encoder's input. */
  readonly size: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Features of a committed drawing with stored weights. */
export async function encoderFeatures({ config, weights, picture, size, mean, deviation }: FeaturesRequest): Promise<Features> {
  const three = (value: number): [number, number, number] => [value, value, value];
  const pixels = preprocess(await loadPicture(join(root, picture)), {
    size: [size, size],
    fit: "squash",
    interpolation: "bicubic",
    background: three(255),
    mean: three(mean),
    deviation: three(deviation),
  });
  const encoder = createVisionEncoder(new Scope().child("vision"), visionConfig.parse({ ...config, imageSize: size }));
  const output = encoder.forward(input("pixels", "float32", [1, 3, size, size]));
  const runtime = await createRuntime({ device: "cpu", worker: false, threads: 1 });
  try {
    const session = await runtime.compile(
      toOnnx({ outputs: { output } }),
      new Map([...readSafetensors(weights).tensors].map(([path, tensor]) => [path, widened(tensor)])),
    );
    const result = (await session.run({ pixels: { dtype: "float32", shape: [1, 3, size, size], data: pixels } }))["output"]!;
    return { shape: result.shape, data: result.data as Float32Array };
  } finally {
    await runtime.dispose();
  }
}

/** Same weights, other kernels: only the order of float32 sums differs. */
export function expectSameFeatures({ shape, data }: Features, reference: ReferenceFeatures): void {
  expect(shape).toEqual([1, ...reference.shape]);
  const width = reference.shape[1]!;
  const mean = (position: number): number => data.subarray(position * width, (position + 1) * width).reduce((sum, value) => sum + value, 0) / width;
  expect(Math.max(...reference.values.map((value, i) => Math.abs(value - data[i * reference.every]!)))).toBeLessThan(1e-3);
  expect(Math.max(...reference.positionMeans.map((value, position) => Math.abs(value - mean(position))))).toBeLessThan(1e-4);
}
