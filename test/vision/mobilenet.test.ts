import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nano } from "../../configs/nano/model.ts";
import { nanoVisionWeights } from "../../src/cli/nano-vision.ts";
import type { MobilenetV2Config } from "../../src/model/vision/mobilenet-v2.ts";
import reference from "../fixtures/vision/mobilenet.json" with { type: "json" };
import { type Features, encoderFeatures, expectSameFeatures, root } from "./encoder-features.ts";

const packages = join(root, "data/packages");
const installed = existsSync(join(packages, "node_modules/@mediapipe/objectron"));
const committed = new Uint8Array(readFileSync(join(root, "models/nano/vision.safetensors")));

const features = (layers: MobilenetV2Config["features"], weights: Uint8Array): Promise<Features> =>
  encoderFeatures({ config: { kind: "mobilenet-v2", features: layers }, weights, picture: reference.picture, size: reference.size, mean: 0.5, deviation: 0.5 });

test.each(["stride16", "stride32"] as const)("features of %s agree with TensorFlow Lite", async (layer) => {
  expectSameFeatures(await features([layer], committed), reference.features[layer]);
});

test.runIf(installed)("features of the widening layer, taken from the package, agree with TensorFlow Lite", async () => {
  expectSameFeatures(await features(["head"], await nanoVisionWeights(packages, { kind: "mobilenet-v2", features: ["head"] })), reference.features.head);
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
