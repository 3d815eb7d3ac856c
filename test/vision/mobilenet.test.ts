import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nano } from "../../configs/nano/model.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { widened } from "../../src/checkpoint/widen.ts";
import { nanoVisionWeights } from "../../src/cli/nano-vision.ts";
import { loadPicture } from "../../src/data/image.ts";
import { preprocess } from "../../src/data/preprocessing.ts";
import { input, toOnnx } from "../../src/graph/graph.ts";
import { MobilenetV2, type MobilenetV2Config, mobilenetV2Config } from "../../src/model/vision/mobilenet-v2.ts";
import { Scope } from "../../src/nn/scope.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import reference from "../fixtures/vision/mobilenet.json" with { type: "json" };

const root = join(import.meta.dirname, "../..");
const packages = join(root, "data/packages");
const installed = existsSync(join(packages, "node_modules/@mediapipe/objectron"));
const committed = new Uint8Array(readFileSync(join(root, "models/nano/vision.safetensors")));

async function features(layers: MobilenetV2Config["features"], weights: Uint8Array): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const picture = await loadPicture(join(root, reference.picture));
  const pixels = preprocess(picture, {
    size: [reference.size, reference.size],
    fit: "squash",
    interpolation: "bicubic",
    background: [255, 255, 255],
    mean: [0.5, 0.5, 0.5],
    deviation: [0.5, 0.5, 0.5],
  });
  const encoder = new MobilenetV2(new Scope().child("vision"), mobilenetV2Config.parse({ kind: "mobilenet-v2", imageSize: reference.size, features: layers }));
  const output = encoder.forward(input("pixels", "float32", [1, 3, reference.size, reference.size]));
  const stored = new Map([...readSafetensors(weights).tensors].map(([path, tensor]) => [path, widened(tensor)]));
  const runtime = await createRuntime({ device: "cpu", worker: false, threads: 1 });
  try {
    const session = await runtime.compile(toOnnx({ outputs: { output } }), stored);
    const result = (await session.run({ pixels: { dtype: "float32", shape: [1, 3, reference.size, reference.size], data: pixels } }))["output"]!;
    return { shape: result.shape, data: result.data as Float32Array };
  } finally {
    await runtime.dispose();
  }
}

type Layer = keyof typeof reference.features;

/** Same weights, other kernels: only the order of float32 sums differs. */
function expectLikeTensorFlow(layer: Layer, { shape, data }: { shape: readonly number[]; data: Float32Array }): void {
  const { shape: expected, every, values, positionMeans } = reference.features[layer];
  expect(shape).toEqual([1, ...expected]);
  const width = expected[1]!;
  const largest = (differences: number[]): number => Math.max(...differences);
  expect(largest(values.map((value, i) => Math.abs(value - data[i * every]!)))).toBeLessThan(1e-3);
  const mean = (position: number): number => data.subarray(position * width, (position + 1) * width).reduce((sum, value) => sum + value, 0) / width;
  expect(largest(positionMeans.map((value, position) => Math.abs(value - mean(position))))).toBeLessThan(1e-4);
}

test.each(["stride16", "stride32"] as const)("features of %s agree with TensorFlow Lite", async (layer) => {
  expectLikeTensorFlow(layer, await features([layer], committed));
});

test.runIf(installed)("features of the widening layer, taken from the package, agree with TensorFlow Lite", async () => {
  expectLikeTensorFlow("head", await features(["head"], await nanoVisionWeights(packages, { kind: "mobilenet-v2", features: ["head"] })));
});

test("nano's features put the coarse grid beside the mean of four fine positions", async () => {
  const [fine, coarse, both] = [
    await features(["stride16"], committed),
    await features(["stride32"], committed),
    await features(["stride16", "stride32"], committed),
  ];
  expect(both.shape).toEqual([1, 36, 416]);
  let largest = 0;
  for (let y = 0; y < 6; y++)
    for (let x = 0; x < 6; x++) {
      const row = both.data.subarray((6 * y + x) * 416);
      const position = (i: number, j: number): number => 12 * (2 * y + i) + 2 * x + j;
      for (let channel = 0; channel < 96; channel++) {
        const four = [position(0, 0), position(0, 1), position(1, 0), position(1, 1)].reduce((sum, at) => sum + fine.data[at * 96 + channel]!, 0) / 4;
        largest = Math.max(largest, Math.abs(row[channel]! - four));
      }
      for (let channel = 0; channel < 320; channel++) largest = Math.max(largest, Math.abs(row[96 + channel]! - coarse.data[(6 * y + x) * 320 + channel]!));
    }
  expect(largest).toBeLessThan(1e-4);
});

test.runIf(installed)("the committed weights are those of the package", async () => {
  expect(Buffer.from(await nanoVisionWeights(packages, nano.vision)).equals(committed)).toBe(true);
});

test("a missing package is named, with what to do", async () => {
  await expect(nanoVisionWeights(join(root, "no-such-folder"), nano.vision)).rejects.toThrow("flamingo data nano");
});
