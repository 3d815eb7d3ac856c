import { expect, test } from "vitest";
import { mediaView } from "../../src/data/media-view.ts";

const numbers = (values: BigInt64Array): number[] => [...values].map(Number);

test("text is cut into one segment per medium, and finds its way back", () => {
  const { segmentTokens, segmentSlots } = mediaView([{ mediaOf: [-1, 0, 0, 1] }, { mediaOf: [0, 0] }], { tokens: 4, attend: "last" });
  expect(segmentTokens.shape).toEqual([3, 2]);
  expect(numbers(segmentTokens.data)).toEqual([1, 2, 3, 0, 4, 5]);
  // 6 stands for "sees nothing": the text before the first image, and padding.
  expect(numbers(segmentSlots.data)).toEqual([6, 0, 1, 2, 4, 5, 6, 6]);
  numbers(segmentSlots.data).forEach((slot, place) => {
    if (slot < 6) expect(Number(segmentTokens.data[slot])).toBe(place);
  });
});

test("a batch without media gets one that nobody sees", () => {
  const { segmentTokens, segmentSlots } = mediaView([{ mediaOf: [-1, -1] }], { tokens: 2, attend: "last" });
  expect(segmentTokens.shape).toEqual([1, 1]);
  expect(numbers(segmentSlots.data)).toEqual([1, 1]);
});

test("tokens beyond the row's end are left out, their media stay in the count", () => {
  const { segmentTokens, segmentSlots } = mediaView([{ mediaOf: [0, 1] }, { mediaOf: [0] }], { tokens: 1, attend: "last" });
  expect(segmentTokens.shape).toEqual([3, 1]);
  expect(numbers(segmentSlots.data)).toEqual([0, 2]);
});

test("a row may show media that none of its tokens here sees", () => {
  const { segmentSlots } = mediaView([{ mediaOf: [-1] }, { mediaOf: [0], first: 2 }], { tokens: 1, attend: "last", media: 3 });
  expect(numbers(segmentSlots.data)).toEqual([3, 2]);
});

test("rows may show the same media", () => {
  const rows = [
    { mediaOf: [0, 1], first: 0 },
    { mediaOf: [-1, 1], first: 0 },
  ];
  const { segmentTokens, segmentSlots } = mediaView(rows, { tokens: 2, attend: "last", media: 2 });
  expect(segmentTokens.shape).toEqual([2, 2]);
  expect(numbers(segmentTokens.data)).toEqual([0, 0, 1, 3]);
  expect(numbers(segmentSlots.data)).toEqual([0, 2, 4, 3]);
  const { firstMedium, endMedium } = mediaView(rows, { tokens: 2, attend: "all", media: 2 });
  expect(numbers(firstMedium.data)).toEqual([0, 0, 0, 0]);
  expect(numbers(endMedium.data)).toEqual([1, 2, 0, 2]);
});

test("or each token sees all media up to its own", () => {
  const { firstMedium, endMedium } = mediaView([{ mediaOf: [-1, 0, 1] }, { mediaOf: [0] }], { tokens: 3, attend: "all" });
  expect(numbers(firstMedium.data)).toEqual([0, 0, 0, 2, 2, 2]);
  expect(numbers(endMedium.data)).toEqual([0, 1, 2, 3, 2, 2]);
});
