import { expect, test } from "vitest";
import { type NextTokens, readingSteps } from "../../src/generate/reading-steps.ts";

const row = (length: number): NextTokens => ({
  tokens: Array.from({ length }, (_, i) => i),
  mediaOf: new Array<number>(length).fill(-1),
  media: [],
});

/** Places in each row's text that scores are wanted of, by step. */
function wantedPlaces(lengths: readonly number[], last: number): number[][] {
  const places = lengths.map((): number[] => []);
  let read = 0;
  for (const { rows, longest, wanted } of readingSteps(lengths.map(row), last, 512)) {
    for (const { row: i, token } of wanted) {
      expect(token).toBeGreaterThanOrEqual(0);
      expect(token).toBeLessThan(rows[i]!.tokens.length);
      places[i]!.push(read + token);
    }
    read += longest;
  }
  return places;
}

test("a row that ends in an earlier step than others is asked about once, after its last token", () => {
  // 32 rows are read 16 tokens at a time.
  const lengths = [...new Array<number>(30).fill(3), 16, 50];
  expect(wantedPlaces(lengths, 1)).toEqual(lengths.map((length) => [length - 1]));
});

test("after every token, in whatever step it is read", () => {
  const lengths = [1, 700, 512];
  expect(wantedPlaces(lengths, Number.POSITIVE_INFINITY)).toEqual(lengths.map((length) => Array.from({ length }, (_, i) => i)));
});

test("after the last few tokens, which may be read in two steps", () => {
  const lengths = [2, 300, 513];
  expect(wantedPlaces(lengths, 5)).toEqual([
    [0, 1],
    [295, 296, 297, 298, 299],
    [508, 509, 510, 511, 512],
  ]);
});
