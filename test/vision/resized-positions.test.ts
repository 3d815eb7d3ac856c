import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resizedPositions } from "../../src/model/vision/resized-positions.ts";
import { largestDifference } from "../model/support.ts";

interface Reference {
  readonly width: number;
  readonly cases: readonly { readonly rows: number; readonly wanted: number; readonly antialias: boolean; readonly grid: readonly number[]; readonly resized: readonly number[] }[];
}

const { width, cases } = JSON.parse(readFileSync("test/fixtures/vision/resized-positions.json", "utf8")) as Reference;

test.each(cases)("$rows rows to $wanted (antialias: $antialias), as PyTorch interpolates; a class token stays what it is", ({ grid, wanted, antialias, resized }) => {
  const token = [7, 8, 9];
  expect(largestDifference(resizedPositions(Float32Array.from(grid), 0, width, wanted, antialias), resized)).toBeLessThan(1e-5);
  const beside = resizedPositions(Float32Array.from([...token, ...grid]), 1, width, wanted, antialias);
  expect([...beside.subarray(0, width)]).toEqual(token);
  expect(largestDifference(beside.subarray(width), resized)).toBeLessThan(1e-5);
});

test("what is no square grid is refused", () => {
  expect(() => resizedPositions(new Float32Array(6 * width), 0, width, 3)).toThrow(/6 positions are no square beside 0 class tokens/);
});
