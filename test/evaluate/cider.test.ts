import { expect, test } from "vitest";
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
