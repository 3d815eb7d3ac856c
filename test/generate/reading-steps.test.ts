import { expect, test } from "vitest";
import { type NextTokens, readingSteps } from "../../src/generate/reading-steps.ts";

const row = (length: number): NextTokens => ({
  tokens: Array.from({ length }, (_, i) => i),
  mediaOf: new Array<number>(length).fill(-1),
  media: [],
});

/** Places in each row's text that scores are wanted of, by step. */
function wantedPlaces(lengths: readonly number[], at: "last" | "all"): number[][] {
  const places = lengths.map((): number[] => []);
  let read = 0;
  for (const { rows, longest, wanted } of readingSteps(lengths.map(row), at, 512)) {
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
  expect(wantedPlaces(lengths, "last")).toEqual(lengths.map((length) => [length - 1]));
});

test("after every token, in whatever step it is read", () => {
  const lengths = [1, 700, 512];
  expect(wantedPlaces(lengths, "all")).toEqual(lengths.map((length) => Array.from({ length }, (_, i) => i)));
});
