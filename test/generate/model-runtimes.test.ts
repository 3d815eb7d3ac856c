import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import { modelRuntimes } from "../../src/generate/model-runtimes.ts";
import { Flamingo, image } from "../../src/index.ts";
import { noisePicture, writeTinyModel } from "./tiny-model.ts";

const { folder } = await writeTinyModel();
afterAll(() => rm(folder, { recursive: true }));
const options = { device: "cpu", threads: 1 } as const;
const [small, large] = [await loadModelFolder(folder), await loadModelFolder(folder, { mapFrom: 0 })];

test.each([
  ["a model whose weights are mapped encodes its pictures in a worker of its own", large, options, true],
  ["a small one has one worker", small, options, false],
  ["without workers there is one runtime", large, { ...options, worker: false }, false],
])("%s", async (_, model, given, two) => {
  const { runtime, mediaRuntime } = await modelRuntimes(Promise.resolve(model), given);
  await Promise.all([runtime.dispose(), mediaRuntime.dispose()]);
  expect(runtime !== mediaRuntime).toBe(two);
});

test("a device that does not work is told at once, whatever the model is waiting for", async () => {
  await expect(modelRuntimes(new Promise(() => {}), { ...options, device: "wasm" })).rejects.toThrow(/device "wasm" does not exist here/);
});

test("what loading throws is what is thrown", async () => {
  await expect(modelRuntimes(Promise.reject(new Error("no such model")), options)).rejects.toThrow("no such model");
});

test("with two workers the answers are the same, and dispose ends both", async () => {
  const [one, two] = [await Flamingo.load(folder, options), await Flamingo.load(folder, { ...options, mapFrom: 0 })];
  const picture = image(noisePicture(3));
  const scored = await Promise.all([one, two].map((model) => model.score([picture, "the"], [" cat", " hat"])));
  expect(scored[1]).toEqual(scored[0]);
  await Promise.all([one.dispose(), two.dispose()]);
  // Features come from the second worker, answers from the first.
  await expect(two.embed(image(noisePicture(4)))).rejects.toThrow(/disposed/);
  await expect(two.score(["the"], [" cat"])).rejects.toThrow(/disposed/);
});
