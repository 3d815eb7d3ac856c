import { describe, expect, test } from "vitest";
import type { Initialiser } from "../graph/graph.ts";
import { constantly, initialValues, normal, ones, scaledNormal, uniform, zeros } from "./initialisers.ts";
import { Scope } from "./scope.ts";

const count = 40_000;

function draw(initialiser: Initialiser, seed = 1, name = "weight"): Float32Array {
  return initialValues(new Scope().parameter(name, [count / 100, 100], initialiser), seed);
}

const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: Float32Array): number => Math.sqrt(mean(values.map((value) => value ** 2)) - mean(values) ** 2);

describe("initial values", () => {
  test("constants", () => {
    expect(new Set(draw(zeros))).toEqual(new Set([0]));
    expect(new Set(draw(ones))).toEqual(new Set([1]));
    expect(new Set(draw(constantly(-2)))).toEqual(new Set([-2]));
  });

  test("normal: mean, deviation and tails", () => {
    const values = draw(normal(0.5));
    // Five standard errors of each estimate.
    expect(Math.abs(mean(values))).toBeLessThan((5 * 0.5) / Math.sqrt(count));
    expect(Math.abs(deviation(values) - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(2 * count));
    const beyondTwo = values.filter((value) => Math.abs(value) > 1).length / count;
    expect(beyondTwo).toBeGreaterThan(0.0402);
    expect(beyondTwo).toBeLessThan(0.0508);
    expect(deviation(draw(scaledNormal(64)))).toBeCloseTo(1 / 8, 2);
  });

  test("uniform: bounds and deviation", () => {
    const values = draw(uniform(0.3));
    expect(Math.max(...values)).toBeLessThanOrEqual(Math.fround(0.3));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-Math.fround(0.3));
    expect(deviation(values)).toBeCloseTo(0.3 / Math.sqrt(3), 2);
  });

  test("depend on seed and path, and on nothing else", () => {
    expect(draw(normal(1))).toEqual(draw(normal(1)));
    const [first, otherSeed, otherPath] = [draw(normal(1), 1), draw(normal(1), 2), draw(normal(1), 1, "bias")];
    for (const other of [otherSeed, otherPath]) {
      const correlation = mean(first.map((value, i) => value * other[i]!));
      expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(count));
    }
  });
});
