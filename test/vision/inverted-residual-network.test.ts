import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createVisionEncoder, visionConfig } from "../../src/model/vision/vision.ts";
import { Scope } from "../../src/nn/scope.ts";
import reference from "../fixtures/vision/efficientnet-lite.json" with { type: "json" };
import { encoderFeatures, expectSameFeatures, root } from "./encoder-features.ts";

test("MobileNetV2 has as many parameters as torchvision's without its classifier", () => {
  expect(parameters({ kind: "mobilenet-v2", features: ["head"] })).toBe(3_504_872 - 1_281_000);
});

test.each([
  // Counted in the packages' own files: convolutions of stem and blocks with scale and bias of their batch norms.
  [0, 2_958_848],
  [1, 3_723_520],
  [2, 4_357_952],
])("Lite%i has as many parameters as its authors' weights", (scale, expected) => {
  expect(parameters({ kind: "efficientnet-lite", scale })).toBe(expected);
});

const weights = new Uint8Array(readFileSync(join(root, "models/nano/vision.safetensors")));

test.each(["stride16", "stride32"] as const)("features of %s agree with those of a graph written in Python", async (layer) => {
  const { picture, size } = reference;
  expectSameFeatures(
    await encoderFeatures({ config: { kind: "efficientnet-lite", features: [layer] }, weights, picture, size, mean: 127 / 255, deviation: 128 / 255 }),
    reference.features[layer],
  );
});

test("features of two layers put the coarse grid beside the mean of four fine positions", async () => {
  const { picture, size } = reference;
  const [fine, coarse, both] = await Promise.all(
    [["stride16"], ["stride32"], ["stride16", "stride32"]].map((features) =>
      encoderFeatures({ config: { kind: "efficientnet-lite", features }, weights, picture, size, mean: 127 / 255, deviation: 128 / 255 }),
    ),
  );
  expect(both!.shape).toEqual([1, 36, 432]);
  let largest = 0;
  for (let y = 0; y < 6; y++)
    for (let x = 0; x < 6; x++) {
      const row = both!.data.subarray((6 * y + x) * 432);
      const position = (i: number, j: number): number => 12 * (2 * y + i) + 2 * x + j;
      for (let channel = 0; channel < 112; channel++) {
        const four = [position(0, 0), position(0, 1), position(1, 0), position(1, 1)].reduce((sum, at) => sum + fine!.data[at * 112 + channel]!, 0) / 4;
        largest = Math.max(largest, Math.abs(row[channel]! - four));
      }
      for (let channel = 0; channel < 320; channel++) largest = Math.max(largest, Math.abs(row[112 + channel]! - coarse!.data[(6 * y + x) * 320 + channel]!));
    }
  expect(largest).toBeLessThan(1e-4);
});

/** Counts the scale of each folded batch norm too, which is as long as its bias. */
function parameters(config: object): number {
  const scope = new Scope();
  createVisionEncoder(scope, visionConfig.parse(config));
  let counted = 0;
  for (const [path, { shape }] of scope.parameters())
    counted += shape.reduce((product: number, size) => product * Number(size), 1) * (path.endsWith(".bias") ? 2 : 1);
  return counted;
}
