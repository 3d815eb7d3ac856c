/** Every metric beside the official scripts' values (`tools/reference/metrics.py`). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type BleuLength, bleu } from "../../src/evaluate/metrics/bleu.ts";
import { ciderMetric } from "../../src/evaluate/metrics/cider.ts";
import { exactMatch, ivqaAccuracy } from "../../src/evaluate/metrics/exact-match.ts";
import { actionName, meanWeightedAveragePrecision } from "../../src/evaluate/metrics/mean-weighted-average-precision.ts";
import { measure } from "../../src/evaluate/metrics/metric.ts";
import { ndcg } from "../../src/evaluate/metrics/ndcg.ts";
import { overallScore } from "../../src/evaluate/metrics/overall-score.ts";
import { retrievalRecall } from "../../src/evaluate/metrics/retrieval-recall.ts";
import { rocAuc } from "../../src/evaluate/metrics/roc-auc.ts";
import { rougeL } from "../../src/evaluate/metrics/rouge-l.ts";
import { topK, topOneAndFive } from "../../src/evaluate/metrics/top-k.ts";
import { normaliseAnswer, normaliseTextAnswer, trimAnswer } from "../../src/evaluate/metrics/vqa/normalise-answer.ts";
import { openFlamingoVqaAccuracy, textVqaAccuracy, vqaAccuracy } from "../../src/evaluate/metrics/vqa/vqa-accuracy.ts";
import { webQaAccuracy } from "../../src/evaluate/metrics/webqa/webqa-accuracy.ts";
import { WordNet } from "../../src/evaluate/metrics/wordnet/wordnet.ts";
import { wuPalmer } from "../../src/evaluate/metrics/wordnet/wu-palmer.ts";
import { wordsSimilarity, wups } from "../../src/evaluate/metrics/wups.ts";
import known from "../fixtures/evaluate/known-captions.json" with { type: "json" };
import fixture from "../fixtures/evaluate/metrics.json" with { type: "json" };

const quick = { resamples: 0 };

test("answers are normalised as the official VQA script does it, and as mmf does for TextVQA", () => {
  const { texts, normalised, textNormalised } = fixture.vqa;
  const ours = texts.map((text) => [text, normaliseAnswer(trimAnswer(text)), normaliseTextAnswer(text)]);
  expect(ours).toEqual(texts.map((text, i) => [text, normalised[i], textNormalised[i]]));
});

test.each([
  ["official", vqaAccuracy],
  ["openFlamingo", openFlamingoVqaAccuracy],
  ["textVqa", textVqaAccuracy],
] as const)("VQA accuracy, %s", (which, metric) => {
  const { questions } = fixture.vqa;
  const { scores, estimate } = measure(metric, questions);
  scores!.forEach((score, i) => expect(score, questions[i]!.prediction).toBeCloseTo(questions[i]![which], 8));
  expect(estimate.value).toBeCloseTo(questions.reduce((sum, question) => sum + question[which], 0) / questions.length, 8);
  expect(estimate.low).toBeLessThan(estimate.value);
  expect(estimate.high).toBeGreaterThan(estimate.value);
});

test("BLEU and ROUGE-L are pycocoevalcap's", () => {
  const { pairs, bleu: figures, bleuScores, rouge, rougeScores } = fixture.captions;
  for (const length of [1, 2, 3, 4] as const) {
    const { estimate, scores } = measure(bleu(length), pairs, quick);
    expect(estimate.value).toBeCloseTo(figures[length - 1]!, 10);
    scores!.forEach((score, i) => expect(score, `caption ${i}`).toBeCloseTo(bleuScores[length - 1]![i]!, 10));
  }
  const { estimate, scores } = measure(rougeL, pairs, quick);
  expect(estimate.value).toBeCloseTo(rouge, 10);
  scores!.forEach((score, i) => expect(score, `caption ${i}`).toBeCloseTo(rougeScores[i]!, 10));
});

test("captions with published scores", () => {
  const ids = ["0", "1", "2", "3"] as const;
  const split = (texts: readonly string[]): string[][] => texts.map((text) => text.split(" "));
  const pairs = ids.map((id) => ({ candidate: split(known.tokenized_captions[id])[0]!, references: split(known.tokenized_references[id]) }));
  ([1, 2, 3, 4] satisfies BleuLength[]).forEach((length, i) =>
    expect(measure(bleu(length), pairs, quick).estimate.value).toBeCloseTo(known.Bleu.score[i]!, 10),
  );
  expect(measure(rougeL, pairs, quick).estimate.value).toBeCloseTo(known.ROUGE_L.score, 10);
  expect(measure(ciderMetric, pairs, quick).estimate.value).toBeCloseTo(known.CIDEr.score, 8);
});

test("ROC-AUC and top-k are scikit-learn's", () => {
  for (const { labels, scores, value } of fixture.rankings.auc) {
    const items = labels.map((label, i) => ({ positive: label === 1, score: scores[i]! }));
    expect(measure(rocAuc, items, quick).estimate.value).toBeCloseTo(value, 10);
  }
  expect(() => measure(rocAuc, [{ positive: true, score: 1 }])).toThrow(/ROC-AUC of 1 items is no number/);
  const { scores, right, values } = fixture.rankings.topK;
  const items = scores.map((each, i) => ({ scores: each, right: right[i]! }));
  const top = (k: number): number => measure(topK(k), items, quick).estimate.value;
  expect([top(1), top(5)]).toEqual([values["1"], values["5"]]);
  expect(measure(topOneAndFive, items, quick).estimate.value).toBeCloseTo((values["1"] + values["5"]) / 2, 12);
});

test("NDCG is that of VisDial's challenge", () => {
  // It reckons in float32.
  for (const { value, ...candidates } of fixture.visdial) expect(measure(ndcg, [candidates], quick).estimate.value).toBeCloseTo(value, 6);
});

test("mWAP is that of RareAct's script", () => {
  const { actions, clips, predictions, value } = fixture.rareact;
  const names = actions.map(([verb, noun]) => actionName({ verb: verb!, noun: noun! }));
  const items = clips.map((clip, i) => ({
    ...clip,
    annotation: clip.annotation as 0 | 1 | 2 | 3 | 4,
    scores: new Map(names.map((name, action) => [name, predictions[i]![action]!])),
  }));
  expect(measure(meanWeightedAveragePrecision, items, quick).estimate.value).toBeCloseTo(value, 10);
});

test("nearness in meaning is NLTK's, and words are put together as NExT-QA's script does", async () => {
  const files: Readonly<Record<string, string>> = fixture.wups.files;
  const wordNet = await WordNet.open(async (name) => files[name]!);
  for (const { a, b, value } of fixture.wups.single) {
    const [one, other] = [wordNet.firstSynset(a), wordNet.firstSynset(b)];
    expect((one && other && wuPalmer(one, other)) ?? 0, `${a}, ${b}`).toBeCloseTo(value, 10);
  }
  for (const { words, others, wups: plain, wups9 } of fixture.wups.pairs) {
    expect(wordsSimilarity(words, others, wordNet, 0), words.join(" ")).toBeCloseTo(plain, 10);
    expect(wordsSimilarity(words, others, wordNet, 0.9), words.join(" ")).toBeCloseTo(wups9, 10);
  }
  const items = [
    { prediction: "The dogs jumped.", answers: ["a cat", "dog is jumping"], exact: false },
    { prediction: "dogs", answers: ["puppy"], exact: true },
    { prediction: "", answers: ["dog"], exact: false },
  ];
  expect(measure(wups(wordNet), items, quick).scores).toEqual([1, 0, 0]);
});

test("WebQA's keywords are counted as its script does without spaCy's base forms", () => {
  const { scores } = measure(webQaAccuracy(), fixture.webqa, quick);
  scores!.forEach((score, i) => expect(score, JSON.stringify(fixture.webqa[i])).toBeCloseTo(fixture.webqa[i]!.value, 10));
  const lemma = (word: string): string => word.replace(/s$/, "");
  expect(measure(webQaAccuracy(lemma), [{ prediction: "Two dogs", keywords: "dog", category: "text" }], quick).scores).toEqual([1]);
});

test("single words are right as they stand in lower case; of iVQA's five people two make an answer right", () => {
  const said = [
    { prediction: " Man", answer: "man" },
    { prediction: "a man", answer: "man" },
    { prediction: "", answer: "man" },
  ];
  expect(measure(exactMatch, said, quick).scores).toEqual([1, 0, 0]);
  const answers = ["Knife", "knife", "fork", "spoon", "spoon "];
  const soft = ["knife", "fork", "SPOON", "plate"].map((prediction) => ({ prediction, answers }));
  expect(measure(ivqaAccuracy, soft, quick).scores).toEqual([1, 0.5, 1, 0]);
});

test("recall finds one of the right items among the first", () => {
  const queries = [
    { scores: [0.1, 0.9, 0.5], right: [1] },
    { scores: [0.1, 0.9, 0.5], right: [0, 2] },
    { scores: [3, 2, 1], right: [2] },
  ];
  const recall = (k: number): readonly number[] => measure(retrievalRecall(k), queries, quick).scores!;
  expect([recall(1), recall(2), recall(3)]).toEqual([
    [1, 0, 0],
    [1, 1, 0],
    [1, 1, 1],
  ]);
});

test("the paper's overall scores follow from its scores", () => {
  const [header, ...rows] = readFileSync("test/fixtures/paper/overall-scores.csv", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  expect(rows.length).toBeGreaterThanOrEqual(18);
  for (const row of rows) {
    const [coco, okvqa, vqav2, msvdqa, vatex, printed] = ["coco_cider", "okvqa_top1", "vqav2_top1", "msvdqa_top1", "vatex_cider", "overall"].map((column) =>
      Number(row[header!.indexOf(column)]),
    ) as [number, number, number, number, number, number];
    expect(Math.abs(overallScore({ coco, okvqa, vqav2, msvdqa, vatex }) - printed), row.join(",")).toBeLessThan(0.2);
  }
});

test("an interval is drawn from the parts, and nothing has no figure", () => {
  const items = Array.from({ length: 200 }, (_, i) => ({ prediction: i % 4 === 0 ? "yes" : "no", answer: "yes" }));
  const { estimate } = measure(exactMatch, items);
  expect(estimate.value).toBe(0.25);
  // The normal interval is 0.19 to 0.31.
  expect(estimate.low).toBeCloseTo(0.19, 1);
  expect(estimate.high).toBeCloseTo(0.31, 1);
  expect(measure(exactMatch, items)).toEqual(measure(exactMatch, items));
  expect(() => measure(exactMatch, [])).toThrow(/at least one item/);
});
