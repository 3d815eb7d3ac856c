import { afterAll, beforeEach, expect, test } from "vitest";
import { preprocessingConfig } from "../../src/data/preprocessing.ts";
import { EncodedMedia } from "../../src/generate/encoded-media.ts";
import { type EncodedMedium, MediaEncoder } from "../../src/generate/media-encoder.ts";
import { image, type Medium } from "../../src/generate/medium.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { noisePicture, writeTinyModel } from "./tiny-model.ts";

const { network, weights } = await writeTinyModel();
const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());
const preprocessing = preprocessingConfig.parse({ size: [32, 32], fit: "pad", mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
const encoder = new MediaEncoder(new ModelSessions(network, weights, runtime), preprocessing);

/** The real encoder, which is asked for these. */
const groups: Medium[][] = [];
const watched = {
  together: encoder.together,
  encode: (media: readonly Medium[]): Promise<EncodedMedium[]> => {
    groups.push([...media]);
    return encoder.encode(media);
  },
};
beforeEach(() => groups.splice(0));
const pictures = Array.from({ length: 2 * encoder.together + 1 }, (_, seed) => image(noisePicture(seed)));
/** Keys and values of one fusion layer for each of two blocks. */
const bytesOfOne = 4 * 2 * network.fusion.count * network.fusion.heads * network.resampler.latents * network.fusion.headDim;

test("the same medium is encoded once, by prompts at the same time too", async () => {
  const media = new EncodedMedia(watched);
  const [all, some] = await Promise.all([media.encode([...pictures, pictures[0]!]), media.encode(pictures.slice(0, 3))]);
  expect(groups.flat().length).toBe(pictures.length);
  expect(Math.max(...groups.map(({ length }) => length))).toBe(encoder.together);
  expect(all.at(-1)).toBe(all[0]);
  expect(some).toEqual(all.slice(0, 3));
  await media.encode(pictures);
  expect(groups.flat().length).toBe(pictures.length);
});

test("what goes beyond the limit is forgotten, the oldest first; a prompt gets all of its own", async () => {
  const media = new EncodedMedia(watched, 3 * bytesOfOne);
  const all = await media.encode(pictures);
  expect(all.map(({ layers }) => Object.keys(layers).length)).toEqual(pictures.map(() => 2 * network.fusion.count));
  groups.splice(0);
  await media.encode(pictures.slice(-3));
  expect(groups).toEqual([]);
  const [again] = await media.encode(pictures.slice(0, 1));
  expect(groups).toEqual([[pictures[0]]]);
  expect(again).toEqual(all[0]);
});

test("what failed is tried again", async () => {
  const media = new EncodedMedia(watched);
  const missing = image("/nowhere/picture.png");
  await expect(media.encode([missing])).rejects.toThrow(/picture\.png/);
  await expect(media.encode([missing])).rejects.toThrow(/picture\.png/);
  expect(groups.length).toBe(2);
});
