import { expect, test } from "vitest";
import nano from "../../configs/nano/model.ts";
import { rowsTogether, stepTokens } from "../../src/generate/batch-size.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { sizes } from "../../src/model/sizes.ts";
import { tinyConfig } from "./tiny-model.ts";

const model = (config: FlamingoConfigInput): Flamingo => new Flamingo(parseFlamingoConfig(config));

test("rows of a batch are as many as memory allows: all of a small model, fewer of a large one", () => {
  expect(rowsTogether(model(tinyConfig))).toBe(32);
  expect(rowsTogether(model(sizes["openflamingo-3b"]))).toBe(16);
  expect(rowsTogether(model(sizes["flamingo-80b"]))).toBe(1);
});

test("so are the tokens that are read in one step", () => {
  expect(stepTokens(model(tinyConfig))).toBe(512);
  expect(stepTokens(model(nano))).toBe(512);
  expect(stepTokens(model(sizes["openflamingo-3b"]))).toBe(126);
  expect(stepTokens(model(sizes["flamingo-80b"]))).toBe(32);
});
