import { afterAll, beforeAll, expect, test } from "vitest";
import { Flamingo, image } from "../../src/index.ts";

let model: Flamingo;
beforeAll(async () => {
  model = await Flamingo.load("nano", { worker: false, threads: 1 });
});
afterAll(() => model.dispose());

const prompt = [image({ width: 4, height: 4, data: new Uint8ClampedArray(48).fill(120) })];
/** As a program says it that no compiler looks at. */
const other = (options: object): never => options as never;

test.each([
  ["load", () => Flamingo.load("nano", other({ thread: 1 })), /load has no option "thread"; its options are device, threads/],
  ["supportSet", () => model.supportSet([], other({ usemedia: false })), /supportSet has no option "usemedia"/],
  ["check", () => model.check(prompt, other({ max_tokens: 5 })), /check has no option "max_tokens"/],
  [
    "generate",
    () => model.generate(prompt, other({ max_tokens: 5, beams: 1 })).next(),
    /generate has no option "max_tokens", "beams"; its options are signal, useMedia, temperature/,
  ],
  ["generateText", () => model.generateText(prompt, other({ top_k: 5 })), /generateText has no option "top_k"/],
  ["generateTexts", () => model.generateTexts([prompt], other({ batchSize: 5 })), /generateTexts has no option "batchSize".*batch/],
  ["beamSearch", () => model.beamSearch(prompt, other({ beams: 2, temperature: 1 })), /beamSearch has no option "temperature"/],
  ["score", () => model.score(prompt, ["a"], other({ maxTokens: 3 })), /score has no option "maxTokens"; its options are signal, useMedia, complete/],
  ["scoreMany", () => model.scoreMany([prompt], [["a"]], other({ whole: true })), /scoreMany has no option "whole"/],
])("%s refuses an option that it does not have, by name", async (_, request, message) => {
  await expect(request()).rejects.toThrow(message);
});

test("those that it has are taken, also where they are undefined", async () => {
  const options = { maxTokens: 2, temperature: 0, signal: undefined, stop: undefined } as never;
  expect(await model.generateText(prompt, options)).toBe((await model.generateTexts([prompt], { maxTokens: 2, batch: 1, beams: 1 }))[0]);
});
