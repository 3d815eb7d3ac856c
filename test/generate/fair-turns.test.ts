import { expect, test } from "vitest";
import { nextTogether, type WaitingPrompt } from "../../src/generate/fair-turns.ts";

const [a, b] = [{ name: "a" }, { name: "b" }];
const prompt = (support: object | undefined, more: Partial<WaitingPrompt> = {}): WaitingPrompt => ({
  support,
  tokens: 10,
  media: 1,
  share: 1 / 32,
  alone: false,
  ...more,
});
const free = { lanes: new Set(), shares: new Map() };

test("short prompts with the same support set are read together, as many as fit in a step and in a batch", () => {
  const waiting = [prompt(a), prompt(b), prompt(a, { tokens: 20 }), prompt(a)];
  expect(nextTogether(waiting, free, 512)).toEqual([waiting[0], waiting[2], waiting[3]]);
  expect(nextTogether(waiting, free, 40)).toEqual([waiting[0], waiting[2]]);
  const crowd = Array.from({ length: 50 }, () => prompt(a));
  expect(nextTogether(crowd, free, 512)).toHaveLength(32);
  expect(nextTogether(crowd, { ...free, shares: new Map([[a, 30 / 32]]) }, 512)).toHaveLength(2);
  expect(nextTogether(crowd, { ...free, shares: new Map([[a, 1]]) }, 512)).toEqual([]);
});

test("it is the turn of the support set whose answers take least, then of who came first", () => {
  const waiting = [prompt(a), prompt(b)];
  expect(nextTogether(waiting, { ...free, shares: new Map([[a, 0.5]]) }, 512)).toEqual([waiting[1]]);
  expect(nextTogether(waiting, { ...free, shares: new Map([[b, 0.5]]) }, 512)).toEqual([waiting[0]]);
  expect(nextTogether(waiting, { ...free, shares: new Map([[undefined, 0.5]]) }, 512)).toEqual([waiting[0]]);
  // One whose prompts are being read lets the other be read beside it.
  expect(nextTogether(waiting, { lanes: new Set([a]), shares: new Map() }, 512)).toEqual([waiting[1]]);
});

test("long prompts are read alone, one after the other, and short ones pass them", () => {
  const long = [prompt(a, { tokens: 65 }), prompt(a, { media: 3 })];
  const waiting = [...long, prompt(a), prompt(a)];
  expect(nextTogether(waiting, free, 512)).toEqual([long[0]]);
  expect(nextTogether(waiting.slice(1), { ...free, lanes: new Set(["long"]) }, 512)).toEqual(waiting.slice(2));
  expect(nextTogether([prompt(a, { alone: true }), prompt(a)], free, 512)).toHaveLength(1);
});

test("what takes more than a batch has its turn when nothing with its support set runs, and nobody passes who would keep it waiting", () => {
  const large = prompt(a, { share: 2 });
  expect(nextTogether([large], { ...free, shares: new Map([[a, 0.1]]) }, 512)).toEqual([]);
  expect(nextTogether([large, prompt(a)], { ...free, shares: new Map([[a, 0.1]]) }, 512)).toEqual([]);
  expect(nextTogether([large, prompt(a)], free, 512)).toEqual([large]);
  expect(nextTogether([prompt(b)], { ...free, shares: new Map([[a, 4]]) }, 512)).toEqual([]);
  expect(nextTogether([prompt(b, { share: 9 })], free, 512)).toHaveLength(1);
});
