/** Krippendorff's alpha beside the package `krippendorff`, and what people's ratings come to. */
import { expect, test } from "vitest";
import { krippendorffAlpha, type Level } from "../../src/evaluate/ratings/krippendorff-alpha.ts";
import { isMirrored, orderFor, planRatings } from "../../src/evaluate/ratings/rating-plan.ts";
import { type Rating, summariseRatings } from "../../src/evaluate/ratings/rating-summary.ts";
import type { WrittenSample } from "../../src/evaluate/results.ts";
import cases from "../fixtures/evaluate/krippendorff-alpha.json" with { type: "json" };

test.each<Level>(["nominal", "ordinal", "interval"])("alpha is that of the package krippendorff, %s", (level) => {
  expect(cases.length).toBeGreaterThan(100);
  for (const { ratings, ...alphas } of cases) {
    const units = ratings[0]!.map((_, item) => ratings.flatMap((of) => of[item] ?? []));
    expect(krippendorffAlpha(units, level)).toBeCloseTo(alphas[level], 9);
  }
});

test("alpha is not defined where nothing was judged twice, or all is the same", () => {
  expect(krippendorffAlpha([[1], [2], []], "ordinal")).toBeNaN();
  expect(krippendorffAlpha([[3, 3], [3, 3, 3], [1]], "ordinal")).toBeNaN();
});

/** So many questions, which one system answers with its name and the number. */
const samplesOf = (name: string, count: number, said = (i: number) => `${name} ${i}`): WrittenSample[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ task: "captions", shots: 4, trial: 0, id: i, examples: [], asked: { media: [], text: "Output:" } },
    expected: " a dog",
    answers: { model: said(i), "blank pictures": "a wall" },
    scores: {},
  }));

test("every rater has an order of their own, which is the same when they come back; sides change by chance", () => {
  const systems = ["one", "other"].map((name) => ({ name, samples: samplesOf(name, 200) }));
  const plan = planRatings(systems, { mode: "preference", seed: 1 });
  const keys = (rater: string, seed = 1) => orderFor({ ...plan, seed }, rater).map(({ key }) => key);
  expect(keys("Ada")).toEqual(keys("Ada"));
  expect(keys("Ada").toSorted()).toEqual(plan.items.map(({ key }) => key).toSorted());
  expect(new Set([keys("Ada"), keys("Bob"), keys("Ada", 2)].map((each) => each.join())).size).toBe(3);
  const mirrored = plan.items.filter((item) => isMirrored(plan, "Ada", item)).length;
  expect(mirrored).toBeGreaterThan(70);
  expect(mirrored).toBeLessThan(130);
  expect(plan.items.some((item) => isMirrored(plan, "Ada", item) !== isMirrored(plan, "Bob", item))).toBe(true);
});

test("a part of the questions is drawn with the seed; what both answered the same is not asked", () => {
  const same = (i: number): string => (i < 5 ? "the same" : `${i}`);
  const [first, second] = [samplesOf("one", 20, same), samplesOf("other", 20, (i) => (i < 5 ? "the same" : `other ${i}`))];
  const plan = planRatings(
    [
      { name: "one", samples: first },
      { name: "other", samples: second },
    ],
    { mode: "preference", seed: 1 },
  );
  expect([plan.items.length, plan.same]).toEqual([15, 5]);
  const part = planRatings([{ name: "one", samples: first }], { mode: "score", seed: 3, limit: 6 });
  expect(part.items).toHaveLength(6);
  expect(part.identity).toBe(planRatings([{ name: "one", samples: first }], { mode: "score", seed: 9 }).identity);
  expect(() => planRatings([{ name: "one", samples: [] }], { mode: "score", seed: 1 })).toThrow(/the results show no answers/);
  expect(() =>
    planRatings(
      [
        { name: "one", samples: first },
        { name: "other", samples: first },
      ],
      { mode: "preference", seed: 1 },
    ),
  ).toThrow(/gave the same answers to all 20 questions/);
});

test("preferences: shares over questions, ties as half, and whether people judged places", () => {
  const plan = planRatings(
    ["one", "other"].map((name) => ({ name, samples: samplesOf(name, 4) })),
    { mode: "preference", seed: 1 },
  );
  const rating = (rater: string, item: number, value: number, mirrored: boolean): Rating => ({ rater, item: plan.items[item]!.key, value, mirrored });
  const summary = summariseRatings(plan, [
    rating("Ada", 0, 1, false),
    rating("Bob", 0, 1, true),
    rating("Ada", 1, -1, true),
    rating("Bob", 1, 0, false),
    rating("Ada", 2, 1, false),
    { rater: "Ada", item: "another question", value: -1, mirrored: false },
  ]);
  expect(summary).toMatchObject({
    judged: 3,
    judgedTwice: 2,
    raters: [
      { name: "Ada", rated: 3, of: 4 },
      { name: "Bob", rated: 2, of: 4 },
    ],
  });
  // Questions: 1, 1/4, 1.
  expect(summary.preference).toMatchObject({ first: 3, second: 1, equal: 1, share: { value: 0.75, count: 3 } });
  // The left one was chosen by Ada three times, by Bob not.
  expect(summary.preference!.left).toBe(0.75);
  expect(summary.preference!.share.low).toBeLessThan(0.75);
  expect(summary.alpha!.value).toBeCloseTo(
    krippendorffAlpha(
      [
        [1, 1],
        [-1, 0],
      ],
      "ordinal",
    ),
    12,
  );
});

test("scores: means of each system, and their difference on the same questions", () => {
  const plan = planRatings(
    ["one", "other"].map((name) => ({ name, samples: samplesOf(name, 10) })),
    { mode: "score", seed: 1 },
  );
  expect(plan.items).toHaveLength(20);
  const ratings = plan.items.flatMap(({ key, system, sample }): Rating[] => {
    const value = system === 0 ? 4 + (Number(sample.id) % 2) : 2 + (Number(sample.id) % 2);
    return ["Ada", "Bob"].map((rater) => ({ rater, item: key, value, mirrored: false }));
  });
  const { scores, difference, alpha } = summariseRatings(plan, ratings);
  expect(scores).toMatchObject([
    { system: "one", value: 4.5, count: 10 },
    { system: "other", value: 2.5, count: 10 },
  ]);
  // Each question's difference is 2, whichever are drawn.
  for (const key of ["value", "low", "high"] as const) expect(difference![key]).toBeCloseTo(2, 9);
  expect(difference!.count).toBe(10);
  expect(alpha).toMatchObject({ value: 1, level: "ordinal" });
});
