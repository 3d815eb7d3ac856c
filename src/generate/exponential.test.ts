import { expect, test } from "vitest";
import { exponential } from "./exponential.ts";

/** Of the value itself. */
function largestError(from: number, to: number): number {
  let error = 0;
  for (let x = from; x > to; x -= 0.00137) error = Math.max(error, Math.abs(exponential(x) / Math.exp(x) - 1));
  return error;
}

test("is e to the power of x", () => {
  expect(exponential(0)).toBe(1);
  expect(largestError(0, -50)).toBeLessThan(1e-14);
  expect(largestError(-50, -700)).toBeLessThan(1e-13);
});

test("what is far below is nothing", () => {
  for (const x of [-746, -1e9, -Number.MAX_VALUE, Number.NEGATIVE_INFINITY]) expect(exponential(x)).toBe(0);
  // The smallest numbers that there are.
  expect(exponential(-740)).toBe(Math.exp(-740));
});
