import { expect, test } from "vitest";
import { exponential } from "./exponential.ts";

test("is e to the power of x", () => {
  expect(exponential(0)).toBe(1);
  for (let x = 0; x > -50; x -= 0.00137) expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
  for (let x = -50; x > -700; x -= 0.0137) expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
});

test("what is far below is nothing", () => {
  for (const x of [-746, -1e9, -Number.MAX_VALUE, Number.NEGATIVE_INFINITY]) expect(exponential(x)).toBe(0);
  // The smallest numbers that there are.
  expect(exponential(-740)).toBe(Math.exp(-740));
});
