import { expect, test } from "vitest";
import nano from "../../recipes/nano/model.ts";
import { mediaAtOnce, picturesTogether, rowsAtMost, rowsTogether, stepTokens } from "../../src/generate/batch-size.ts";
import { checkBeams } from "../../src/generate/beam-search.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { sizes } from "../../src/model/sizes.ts";
import { tinyConfig } from "./tiny-model.ts";

const model = (config: FlamingoConfigInput): Flamingo => new Flamingo(parseFlamingoConfig(config));

test("rows of a batch are as many as memory allows: all of a small model, fewer of a large one", () => {
  expect(rowsTogether(model(tinyConfig))).toBe(32);
  expect(rowsTogether(model(sizes["openflamingo-3b"]))).toBe(8);
  expect(rowsTogether(model(sizes["flamingo-80b"]))).toBe(1);
});

test("so are pictures that are encoded in one run, and those that are encoded before anything about them is read", () => {
  expect(picturesTogether(model(nano))).toBe(4);
  expect(picturesTogether(model(sizes["openflamingo-3b"]))).toBe(2);
  expect(mediaAtOnce(model(nano))).toBeGreaterThan(100);
  expect(mediaAtOnce(model(sizes["openflamingo-3b"]))).toBe(10);
});

test("so are the tokens that are read in one step", () => {
  expect(stepTokens(model(tinyConfig))).toBe(512);
  expect(stepTokens(model(nano))).toBe(512);
  expect(stepTokens(model(sizes["openflamingo-3b"]))).toBe(126);
  expect(stepTokens(model(sizes["flamingo-80b"]))).toBe(32);
});

test("more rows than memory has room for are refused, however many are asked for", () => {
  const large = model(sizes["openflamingo-3b"]);
  expect(rowsAtMost(large, 30)).toBe(339);
  expect(() => checkBeams(large, { beams: 339 })).not.toThrow();
  expect(() => checkBeams(large, { beams: 340 })).toThrow(/beams must be at most 339 with this model and answers of 30 tokens, found 340/);
  expect(() => checkBeams(model(nano), { beams: 512 })).not.toThrow();
});
