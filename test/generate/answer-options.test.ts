/** What the library refuses to be asked for, before anything is computed. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ConfigError, DataError, Flamingo, image, RuntimeError } from "../../src/index.ts";
import { mostThreads } from "../../src/runtime/runtime.ts";
import { noisePicture, writeTinyModel } from "./tiny-model.ts";

const { folder } = await writeTinyModel();
const settings = { device: "cpu", threads: 1, worker: false } as const;
const model = await Flamingo.load(folder, settings);
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});
const picture = image(noisePicture(1));
const nobody = image(join(folder, "nobody.png"));

test.each([
  [{ temperature: Number.NaN }, /temperature must be at least 0; found NaN/],
  [{ temperature: Number.POSITIVE_INFINITY }, /temperature must be/],
  [{ temperature: 1, topK: 0.5 }, /topK must be a whole number of at least 1/],
  [{ temperature: 1, topP: Number.NaN }, /topP must be above 0 and at most 1/],
  [{ temperature: 1, seed: 2 ** 53 }, /seed must be .*larger ones are not told apart/],
  [{ maxTokens: Number.NaN }, /maxTokens must be a whole number of at least 1/],
  [{ maxTokens: 2.5 }, /maxTokens must be a whole number/],
  [{ beams: 5000 }, /beams must be .*at most 512/],
  [{ beams: 300 }, /beams must be at most 262, found 300: the model has no more tokens/],
  [{ beams: 1.5 }, /beams must be a whole number/],
  [{ beams: 2, lengthPenalty: Number.NaN }, /lengthPenalty must be/],
  [{ beams: 2, earlyStopping: "sometimes" as never }, /earlyStopping must be true, false or "never"/],
  [{ beams: 2, maxTokens: 0 }, /maxTokens must be/],
  [{ lengthPenalty: 0.5 }, /lengthPenalty and earlyStopping are about beam search/],
  [{ beams: 1, earlyStopping: true }, /are about beam search/],
  [{ beams: 2, temperature: 1 }, /beam search draws nothing/],
  [{ beams: 2, stop: ["."] }, /beam search draws nothing and does not stop/],
] as const)("%j", async (options, message) => {
  // The picture is not there: nobody has looked for it.
  for (const answer of [() => model.generateText([nobody], options), () => model.generateTexts([[nobody]], options)]) {
    const failure = await answer().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as Error).message).toMatch(message);
  }
});

test("threads, pixels and rows have bounds too", async () => {
  await expect(Flamingo.load(folder, { ...settings, threads: 100_000 })).rejects.toThrow(RuntimeError);
  await expect(Flamingo.load(folder, { ...settings, threads: mostThreads() + 1 })).rejects.toThrow(
    /threads must be a whole number from 1 to \d+.*most only wait/,
  );
  await expect(Flamingo.load(folder, { ...settings, maxPixels: Number.NaN })).rejects.toThrow(/maxPixels must be/);
  await expect(model.generateTexts([["the"]], { batch: 100_000 })).rejects.toThrow(/batch must be .*at most 512/);
});

test("many prompts may be answered by beam search", async () => {
  const options = { beams: 3, maxTokens: 4, lengthPenalty: 2, earlyStopping: true } as const;
  expect(await model.generateTexts([[picture], ["the"]], options)).toEqual([
    await model.generateText([picture], options),
    await model.generateText(["the"], options),
  ]);
});

test("a temperature near 0 is the likeliest token, and a very high one any", async () => {
  const greedy = await model.generateText([picture], { maxTokens: 5 });
  expect(await model.generateText([picture], { maxTokens: 5, temperature: 1e-300 })).toBe(greedy);
  expect(await model.generateText([picture], { maxTokens: 5, temperature: 1e300 })).not.toBe(greedy);
});

test("a prompt that is too long with its answer, or whose picture cannot be read, is told by check", async () => {
  await expect(model.check([picture, "the"])).resolves.toBe(2);
  await expect(model.check([picture, "the"], { maxTokens: 1000 })).rejects.toThrow(/come to \d+ tokens, the model reads at most 160.*fewer than 1000 tokens/);
  await expect(model.check(["the"], { choices: ["a", "the cat ".repeat(50)] })).rejects.toThrow(DataError);
  await expect(model.check([nobody])).rejects.toThrow(/there is no file .*nobody\.png/);
  await expect(model.check([])).rejects.toThrow(/the prompt is empty/);
});

test("a long answer is refused before anything is computed", async () => {
  await expect(model.generateText([nobody], { maxTokens: 161 })).rejects.toThrow(/come to \d+ tokens/);
  await expect(model.score([nobody], ["the cat ".repeat(50)])).rejects.toThrow(/come to \d+ tokens/);
  await expect(model.generateTexts([["the"], [nobody, "the cat ".repeat(50)]])).rejects.toThrow(/come to \d+ tokens/);
});

test("a picture that was looked at answers as one that was not, and its file is read once", async () => {
  const file = join(folder, "looked-at.png");
  const { default: sharp } = await import("sharp");
  const { width, height, data } = noisePicture(9, 50, 70);
  await writeFile(
    file,
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const expected = await model.score([image(file)], ["the cat"]);
  const checked = image(file);
  await model.check([checked]);
  await rm(file);
  expect(await model.score([checked], ["the cat"])).toEqual(expected);
});
