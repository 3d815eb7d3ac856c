import { expect, test } from "vitest";
import { hashFraction, Random } from "./random.ts";

test("numbers are uniform and streams are independent", () => {
  const buckets = new Array<number>(16).fill(0);
  const random = new Random("uniform");
  for (let i = 0; i < 16_000; i++) buckets[Math.floor(random.next() * 16)]!++;
  // 15 degrees of freedom: 37.7 is exceeded once in a thousand.
  expect(buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(37.7);
  const [a, b] = [new Random("a", 1), new Random("a", 2)];
  let product = 0;
  for (let i = 0; i < 10_000; i++) product += (a.next() - 0.5) * (b.next() - 0.5) * 12;
  expect(Math.abs(product / 10_000)).toBeLessThan(0.04);
});

test("integers reach both ends, samples are different elements in random order", () => {
  const random = new Random("ends");
  expect(new Set(Array.from({ length: 200 }, () => random.integer(3, 5)))).toEqual(new Set([3, 4, 5]));
  const items = Array.from({ length: 50 }, (_, i) => i);
  for (const count of [0, 1, 5, 30, 50, 60]) expect(new Set(random.sample(items, count)).size).toBe(Math.min(count, 50));
  const firsts = Array.from({ length: 2000 }, () => random.sample([0, 1, 2, 3], 2)[0]!);
  for (const item of [0, 1, 2, 3]) expect(firsts.filter((first) => first === item).length / 2000).toBeCloseTo(0.25, 1);
  expect(() => random.pick([])).toThrow(/empty list/);
});

test("a text's share never changes: splits rest on it", () => {
  expect(["apple", "red apple", "axolotl"].map((text) => Number(hashFraction(text).toFixed(6)))).toMatchInlineSnapshot(`
    [
      0.692284,
      0.313413,
      0.512491,
    ]
  `);
});
