/** Weights that are no numbers: whatever is asked for is refused, with the graph and the weight that they came from. */
import { rm } from "node:fs/promises";
import { afterAll, describe, expect, test } from "vitest";
import { logProbabilities } from "../../src/generate/log-probabilities.ts";
import { Flamingo, image, RuntimeError } from "../../src/index.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "./tiny-model.ts";

const made: { folder: string; model: Flamingo }[] = [];
afterAll(async () => {
  for (const { folder, model } of made) {
    await model.dispose();
    await rm(folder, { recursive: true });
  }
});

/** @param mapFrom - 0: weights are mapped from their files */
async function damaged(weight: RegExp, value: number, mapFrom?: number): Promise<{ model: Flamingo; path: string }> {
  let path = "";
  const { folder } = await writeTinyModel(tinyConfig, 5, (each, values) => {
    if (path !== "" || !weight.test(each)) return;
    path = each;
    values[Math.floor(values.length / 2)] = value;
  });
  const model = await Flamingo.load(folder, { device: "cpu", threads: 1, worker: false, ...(mapFrom === undefined ? {} : { mapFrom }) });
  made.push({ folder, model });
  return { model, path };
}

const picture = image(noisePicture(1));
const requests: Record<string, (model: Flamingo) => Promise<unknown>> = {
  greedy: (model) => model.generateText([picture]),
  sampled: (model) => model.generateText([picture], { temperature: 1 }),
  "many answers": (model) => model.generateTexts([[picture], ["the"]]),
  beams: (model) => model.generateText([picture], { beams: 3 }),
  scores: (model) => model.score([picture], ["the cat", "a"]),
  "a support set": (model) => model.supportSet([{ media: picture, text: "the cat" }]),
};

async function expectRefused(model: Flamingo, message: RegExp): Promise<void> {
  for (const [name, request] of Object.entries(requests)) {
    const failure = await request(model).catch((error: unknown) => error);
    expect(failure, name).toBeInstanceOf(RuntimeError);
    expect((failure as Error).message, name).toMatch(message);
  }
}

const parts = [
  ["the vision encoder", /^vision.*weight$/],
  ["the resampler", /^resampler.*weight$/],
  ["the language model", /^language\.blocks\.1.*weight$/],
  ["the language model", /^fusion.*out.*weight$/],
  // Of Infinity their functions make ordinary numbers.
  ["the vision encoder", /^vision\.stem\.bias$/],
  ["the language model", /^fusion.*gate\.alpha$/i],
] as const;

describe.each([
  ["read", Number.NaN, undefined],
  ["read", Number.POSITIVE_INFINITY, undefined],
  ["mapped", Number.NaN, 0],
  ["mapped", Number.POSITIVE_INFINITY, 0],
] as const)("one weight that is %s and %d", (_, value, mapFrom) => {
  test.each(parts)("of %s (%s) is named, whatever is asked", async (graph, weight) => {
    const { model, path } = await damaged(weight, value, mapFrom);
    expect([...model.folder.weights.values()].some((each) => "file" in each)).toBe(mapFrom === 0);
    await expectRefused(model, new RegExp(`^${graph}: its weight ${path} holds values that are no numbers`));
  });
});

test("features are refused too, and of a language model by itself its own scores", async () => {
  const { model } = await damaged(/^vision.*weight$/, Number.NaN);
  await expect(model.embed(picture)).rejects.toThrow(/^the vision encoder: its weight/);
  await expect(model.embedAll([picture])).rejects.toThrow(RuntimeError);
  expect(await model.generateText(["the"], { useMedia: false, maxTokens: 3 })).toEqual(expect.any(String));
  const { model: other } = await damaged(/^language.*norm/, Number.NaN);
  await expect(other.generateText(["the"], { useMedia: false })).rejects.toThrow(/^the language model alone: its weight/);
});

test("-Infinity is a token that cannot come, unless none can", () => {
  const own = logProbabilities(Float32Array.of(1, Number.NEGATIVE_INFINITY, 1));
  expect([...own]).toEqual([expect.closeTo(-Math.LN2, 6), Number.NEGATIVE_INFINITY, expect.closeTo(-Math.LN2, 6)]);
  for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => logProbabilities(Float32Array.of(1, broken, 2))).toThrow(RuntimeError);
  expect(() => logProbabilities(new Float32Array(3).fill(Number.NEGATIVE_INFINITY))).toThrow(/highest score for the next token is -Infinity/);
});
