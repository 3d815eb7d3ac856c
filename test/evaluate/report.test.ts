/** What a report is made of. */
import { expect, test } from "vitest";
import { benchmarks } from "../../src/evaluate/benchmarks/benchmarks.ts";
import { itemMetric, measure, pairedDifference } from "../../src/evaluate/metrics/metric.ts";
import { rocAuc } from "../../src/evaluate/metrics/roc-auc.ts";
import { publishedModels, publishedOf } from "../../src/evaluate/published/published-results.ts";
import type { Answered } from "../../src/evaluate/question.ts";
import { chosenSamples } from "../../src/evaluate/report/chosen-samples.ts";
import { compareResults, comparison } from "../../src/evaluate/report/compare-results.ts";
import { inPairs, questionScores } from "../../src/evaluate/report/question-scores.ts";
import { type EvaluationReport, readResults } from "../../src/evaluate/report/results-file.ts";

test("samples are the first right ones and the first wrong ones, in order", () => {
  const scores = [1, 1, 1, 1, 0, 1, 0, 1, 0, 0];
  expect(chosenSamples(10, scores, 4)).toEqual([0, 1, 4, 6]);
  expect(chosenSamples(10, scores, 5)).toEqual([0, 1, 2, 4, 6]);
  // Of few wrong ones all, and more right ones.
  expect(chosenSamples(6, scores.slice(0, 6), 5)).toEqual([0, 1, 2, 3, 4]);
  expect(chosenSamples(4, [0, 0, 0, 1], 3)).toEqual([0, 1, 3]);
  expect(chosenSamples(4, undefined, 3)).toEqual([0, 1, 2]);
  expect(chosenSamples(2, [0, 1], 8)).toEqual([0, 1]);
});

const answered = (ids: readonly number[]): Answered[] => ids.map((id) => ({ question: { id, media: [], prompt: "", answer: "" }, answer: { text: "" } }));
const scored = (ids: readonly number[], scoreOf: (id: number) => number) =>
  questionScores(measure(itemMetric("right", Number), ids.map(scoreOf)), answered(ids));

test("two runs are paired by their questions, whatever else each was asked", () => {
  const ids = Array.from({ length: 40 }, (_, i) => i);
  const [good, bad] = [(id: number) => Number(id % 4 !== 0), (id: number) => Number(id % 2 === 0)];
  const [one, other] = inPairs(scored(ids, good), scored(ids.toReversed().slice(0, 30), bad))!;
  const common = ids.slice(10);
  const direct = pairedDifference(measure(itemMetric("a", good), common), measure(itemMetric("b", bad), common));
  expect(pairedDifference(one, other)).toEqual(direct);
  expect(inPairs(scored([1, 2], good), scored([3, 4], good))).toBeUndefined();
});

test("a figure of all questions together is paired by its draws, where all questions are the same", () => {
  const ids = Array.from({ length: 30 }, (_, i) => i);
  const items = (seed: number) => ids.map((id) => ({ score: (id * seed) % 11, positive: id % 3 === 0 }));
  const [one, other] = [measure(rocAuc, items(3)), measure(rocAuc, items(5))];
  const stored = [one, other].map((each) => JSON.parse(JSON.stringify(questionScores(each, answered(ids)))));
  const [first, second] = inPairs(stored[0], stored[1])!;
  const [found, direct] = [pairedDifference(first, second), pairedDifference(one, other)];
  for (const key of ["value", "low", "high"] as const) expect(found[key]).toBeCloseTo(direct[key], 5);
  expect(inPairs(stored[0], { ...stored[1], ids: ids.toReversed() })).toBeUndefined();
});

const reportOf = (model: string, scoreOf: (id: number) => number, prompts = "p"): EvaluationReport => ({
  ...{ format: 2, model, opened: {}, provenance: {}, findings: [], samples: [] },
  tasks: [{ task: "colours", shots: 4, trial: 0, questions: 100, prompts, pictures: "" }],
  results: [],
  scores: [
    {
      task: "colours",
      shots: 4,
      trial: 0,
      figure: "right",
      ...scored(
        Array.from({ length: 100 }, (_, i) => i),
        scoreOf,
      ),
    },
  ],
});

test("a comparison says by how many points, of how many questions, and whether it is more than chance", () => {
  const [better, worse] = [reportOf("new", (id) => Number(id % 5 > 0)), reportOf("old", (id) => Number(id % 5 > 1), "q")];
  const [compared] = compareResults(better, worse);
  expect(compared).toMatchObject({ first: 80, second: 60, samePrompts: false, difference: { count: 100 } });
  expect(compared!.difference.value).toBeCloseTo(20, 9);
  expect(comparison(compared!, ["new", "old"])).toMatch(
    /^colours, 4 shots: new reaches more right: 20\.0 points \(95%: 1\d\.\d to 2\d\.\d; 100 of the same questions\)\.$/,
  );
  expect(comparison(compareResults(worse, better)[0]!, ["old", "new"])).toMatch(/new reaches more right: 20\.0 points \(95%: 1/);
  expect(comparison(compareResults(better, better)[0]!, ["a", "b"])).toMatch(/neither was shown to reach more right: 0\.0 points/);
});

test("results are read back, and what is something else is told", () => {
  const report = reportOf("new", (id) => id % 2);
  expect(readResults(JSON.stringify(report), "a.json")).toEqual(report);
  expect(() => readResults('{"format":"flamingo predictions","version":1}', "run.jsonl")).toThrow(/holds predictions/);
  expect(() => readResults("<!doctype html>", "report.html")).toThrow(/is a page; name the results/);
  expect(() => readResults(JSON.stringify({ ...report, format: 1 }), "old.json")).toThrow(/old\.json cannot be read: it was written by another version/);
  expect(() => readResults("{}", "x.json")).toThrow(/x\.json holds no results of flamingo evaluate/);
});

test("published figures are of benchmarks that there are, each with its source", () => {
  const names = new Set(benchmarks.map(({ name }) => name));
  for (const { model, source, figures } of publishedModels) {
    expect(source.title, model).not.toBe("");
    for (const [benchmark, byShots] of Object.entries(figures)) {
      expect(names, `${model}: ${benchmark}`).toContain(benchmark);
      expect(Object.values(byShots).every((figure) => figure > 0 && figure < 150)).toBe(true);
    }
  }
  const models = new Set(publishedOf("COCO").map(({ model }) => model));
  for (const model of ["Flamingo-80B", "OpenFlamingo-9B", "IDEFICS-80B", "MM1-3B", "xGen-MM-base (4B)"]) expect(models).toContain(model);
  // Table 1 of the paper, and OpenFlamingo's own list of models.
  expect(publishedOf("OK-VQA").find(({ model }) => model === "Flamingo-80B")!.byShots[32]).toBe(57.8);
  expect(publishedOf("COCO").find(({ model }) => model === "OpenFlamingo-3B")!.byShots[4]).toBe(77.3);
});
