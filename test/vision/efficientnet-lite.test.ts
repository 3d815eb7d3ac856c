import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createVisionEncoder, visionConfig } from "../../src/model/vision/vision.ts";
import { Scope } from "../../src/nn/scope.ts";
import reference from "../fixtures/vision/efficientnet-lite.json" with { type: "json" };
import { encoderFeatures, expectSameFeatures, root } from "./encoder-features.ts";

test.each([
  // Counted in the packages' own files: convolutions of stem and blocks with scale and bias of their batch norms.
  [0, 2_958_848],
  [1, 3_723_520],
  [2, 4_357_952],
])("Lite%i has as many parameters as its authors' weights", (scale, expected) => {
  const scope = new Scope();
  createVisionEncoder(scope, visionConfig.parse({ kind: "efficientnet-lite", scale }));
  let counted = 0;
  // The scale of each folded batch norm is as long as the bias.
  for (const [path, { shape }] of scope.parameters())
    counted += shape.reduce((product: number, size) => product * Number(size), 1) * (path.endsWith(".bias") ? 2 : 1);
  expect(counted).toBe(expected);
});

const converted = join(root, "data/nano/efficientnet-lite0.safetensors");

test.runIf(existsSync(converted)).each(["stride16", "stride32"] as const)("features of %s agree with those of a graph written in Python", async (layer) => {
  const { picture, size } = reference;
  const weights = new Uint8Array(readFileSync(converted));
  expectSameFeatures(
    await encoderFeatures({ config: { kind: "efficientnet-lite", features: [layer] }, weights, picture, size, mean: 127 / 255, deviation: 128 / 255 }),
    reference.features[layer],
  );
});
