import { expect, test } from "vitest";
import { captionTokens } from "../../src/evaluate/metrics/caption-tokens.ts";
import { cider } from "../../src/evaluate/metrics/cider.ts";
import fixture from "../fixtures/evaluate/cider.json" with { type: "json" };

test("CIDEr is the COCO caption evaluation's", () => {
  const scores = cider(fixture.pairs);
  scores.forEach((score, i) => expect(score, `caption ${i}`).toBeCloseTo(fixture.scores[i]!, 8));
  expect(scores.reduce((sum, score) => sum + score, 0) / scores.length).toBeCloseTo(fixture.mean, 8);
});

test("a caption without references is refused", () => {
  expect(() => cider([{ candidate: ["a"], references: [] }])).toThrow(/caption 0 has no reference/);
});

test("captions are split as the evaluation's tokenizer splits them", () => {
  expect(captionTokens("A dog's bowl, isn't it?")).toEqual(["a", "dog", "'s", "bowl", "is", "n't", "it"]);
  expect(captionTokens("The Eiffel Tower (at night).")).toEqual(["the", "eiffel", "tower", "at", "night"]);
  expect(captionTokens("a t-shirt - red\n")).toEqual(["a", "t-shirt", "red"]);
});
