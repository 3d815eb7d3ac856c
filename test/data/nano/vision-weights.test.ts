import { access, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nano } from "../../../configs/nano/model.ts";
import { nanoVision, nanoVisionWeights } from "../../../src/cli/nano-vision.ts";
import { visionConfig } from "../../../src/model/vision/vision.ts";

const root = new URL("../../../", import.meta.url);
const packages = fileURLToPath(new URL("data/packages", root));
const installed = await access(`${packages}/node_modules/@mediapipe/objectron`).then(
  () => true,
  () => false,
);

test("the data command encodes with the encoder that nano is configured with", () => {
  expect(visionConfig.parse(nanoVision)).toEqual(visionConfig.parse(nano.vision));
});

test.runIf(installed)("the shipped vision weights are those of the package", async () => {
  const made = await nanoVisionWeights(packages, nano.vision);
  expect(Buffer.compare(made, await readFile(new URL("models/nano/vision.safetensors", root)))).toBe(0);
});

test("a missing package says what to do", async () => {
  await expect(nanoVisionWeights("/nowhere", nano.vision)).rejects.toThrow('install the packages again with "flamingo data nano"');
});
