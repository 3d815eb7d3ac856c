/** Answers that go out of the harness and come back, and those that others wrote. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BenchmarkFiles } from "../../src/evaluate/benchmarks/benchmark-files.ts";
import { benchmarks } from "../../src/evaluate/benchmarks/benchmarks.ts";
import { lmmsEvalSamples, openFlamingoResults, submission, vlIclResults } from "../../src/evaluate/exchange/export-predictions.ts";
import { importPredictions } from "../../src/evaluate/exchange/import-predictions.ts";
import { rescore, rescoreByTarget } from "../../src/evaluate/exchange/rescore.ts";
import { findingsOf } from "../../src/evaluate/findings.ts";
import type { Answered } from "../../src/evaluate/question.ts";
import type { WrittenResult } from "../../src/evaluate/results.ts";
import type { SuiteTask } from "../../src/evaluate/suite.ts";
import known from "../fixtures/evaluate/known-captions.json" with { type: "json" };

const benchmarkNamed = (name: string) => benchmarks.find((each) => each.name === name)!;

async function questionsOf(name: string, split: string, files: Readonly<Record<string, unknown>>): Promise<SuiteTask> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-exchange-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), JSON.stringify(content));
  const { queries, measure } = await benchmarkNamed(name).open(new BenchmarkFiles(folder), split);
  return { name: benchmarkNamed(name).title, shots: 0, cases: queries.map((query) => ({ shots: [], query })), measure };
}

const ids = Object.keys(known.captions) as (keyof typeof known.captions)[];
const captioned = {
  "dataset_coco.json": {
    images: ids.map((id) => ({ split: "test", filename: `${id}.jpg`, cocoid: Number(id), sentences: known.references[id].map((raw) => ({ raw })) })),
  },
};
const captions = JSON.stringify(ids.toReversed().map((id) => ({ image_id: Number(id), caption: known.captions[id][0] })));

test("a result file in COCO's form has the official scores", async () => {
  const task = await questionsOf("coco", "test", captioned);
  const [imported] = importPredictions(captions, "captions.json");
  const { result, missing, unknown } = rescore(task, imported!);
  expect([missing, unknown]).toEqual([0, 0]);
  const value = (name: string): number => result.measures![name]!.estimate.value;
  expect(value("CIDEr")).toBeCloseTo(known.CIDEr.score, 6);
  expect(value("ROUGE-L")).toBeCloseTo(known.ROUGE_L.score, 6);
  known.Bleu.score.forEach((score, i) => expect(value(`BLEU-${i + 1}`)).toBeCloseTo(score, 6));
});

const people = (...answers: readonly string[]) => answers.map((answer, i) => ({ answer, answer_id: i + 1, answer_confidence: "yes" }));
const vqa = {
  ...Object.fromEntries(
    ["train2014", "val2014"].flatMap((of) => [
      [`v2_OpenEnded_mscoco_${of}_questions.json`, { questions: [1, 2, 3].map((id) => ({ image_id: id, question: "What?", question_id: id })) }],
      [
        `v2_mscoco_${of}_annotations.json`,
        {
          annotations: [
            { question_id: 1, answer_type: "yes/no", answers: people(..."yes yes yes yes yes yes yes yes no no".split(" ")) },
            { question_id: 2, answer_type: "other", answers: people(..."dog dog cat cat cow cow pig pig hen hen".split(" ")) },
            { question_id: 3, answer_type: "number", answers: people(..."2 2 2 2 2 2 2 2 2 2".split(" ")) },
          ],
        },
      ],
    ]),
  ),
};

test("a result file in VQA's form is judged, and what does not belong to it is counted", async () => {
  const task = await questionsOf("vqav2", "val", vqa);
  const said = [
    { question_id: 2, answer: "The dog." },
    { question_id: 1, answer: "yes" },
    { question_id: 77, answer: "no" },
  ];
  const { result, missing, unknown } = rescore(task, importPredictions(JSON.stringify(said), "answers.json")[0]!);
  expect([result.questions, missing, unknown]).toEqual([2, 1, 1]);
  // Of "dog", which two people said, each of those leaves the other: (8 * 2/3 + 2 * 1/3) / 10.
  expect(result.measures!["accuracy"]!.estimate.value).toBeCloseTo((1 + 0.6) / 2, 6);
  expect(() => rescore(task, importPredictions('[{"question_id": 9, "answer": "x"}]', "a.json")[0]!)).toThrow(
    /none of the 1 answers is to a question of VQAv2/,
  );
});

test("what is exported is read again to the same answers", async () => {
  const task = await questionsOf("coco", "test", captioned);
  const answered = task.cases.map(
    ({ query }): Answered => ({ question: query, answer: { text: known.captions[String(query.id) as keyof typeof known.captions][0]! } }),
  );
  const expected = answered.map(({ answer }) => answer.text);
  const back = (content: string, name: string): readonly string[] => {
    const [imported] = importPredictions(content, name);
    return imported!.answers.map(({ answer }) => answer.text);
  };
  expect(back(submission(answered, benchmarkNamed("coco").submitted!), "submission.json")).toEqual(expected);
  expect(back(vlIclResults(answered), "open_mi/m_2-shot.json")).toEqual(expected);
  expect(back(lmmsEvalSamples(answered), "samples_coco.jsonl")).toEqual(expected);
  const again = rescore(task, importPredictions(lmmsEvalSamples(answered), "samples_coco.jsonl")[0]!);
  expect(again.result.measures!["CIDEr"]!.estimate.value).toBeCloseTo(known.CIDEr.score, 6);
});

test("samples of lmms-eval are found by the ids that its tasks write, else by their places", async () => {
  const task = await questionsOf("vqav2", "val", vqa);
  const sample = (doc_id: number, text: string, more: object) =>
    JSON.stringify({ doc_id, target: "None", filtered_resps: [[text]], input: "?", doc_hash: "0", ...more });
  const lines = [sample(2, " yes", { submission: { question_id: 1, answer: "yes" }, exact_match: 1 }), sample(2, "2", {})].join("\n");
  const [imported] = importPredictions(lines, "x_samples_vqav2.jsonl");
  expect(imported!.answers).toEqual([
    { place: 2, id: 1, answer: { text: "yes" } },
    { place: 2, answer: { text: "2" } },
  ]);
  expect(rescore(task, imported!).result.measures!["accuracy"]!.estimate).toMatchObject({ value: 1, count: 2 });
  expect(() => rescoreByTarget(imported!)).toThrow(/does not say what is right/);
});

test("VL-ICL's results are judged by its rules, which the name of their folder tells", () => {
  const results = (answers: readonly (readonly [string, string | number])[]): string =>
    JSON.stringify(answers.map(([prediction, answer], id) => ({ id, image: ["a.png"], question: "?", answer, prediction })));
  const judged = (content: string, name: string) => {
    const { task, shots, measures } = rescoreByTarget(importPredictions(content, name)[0]!);
    return [task, shots, Object.fromEntries(Object.entries(measures!).map(([measure, { estimate }]) => [measure, estimate.value]))];
  };
  const numbers = results([
    [" 7\nQuestion: 3", 7],
    ["-3", "-3"],
    ["It is 12.", 12],
    ["ten", 10],
  ]);
  expect(judged(numbers, "results/operator_induction/otter-llama_4-shot.json")).toEqual(["operator_induction", 4, { right: 0.5, "sign-aware": 0.75 }]);
  expect(
    judged(
      results([
        ["Dax. And", "dax"],
        ["a dax", "dax"],
      ]),
      "open_mi/m_2-shot.json",
    ),
  ).toEqual(["open_mi", 2, { right: 0.5 }]);
  expect(
    judged(
      results([
        ["Yes, they do", "Yes"],
        ["I think yes", "No"],
      ]),
      "any.json",
    ),
  ).toEqual(["VL-ICL", 0, { right: 0.5 }]);
});

test("a file that holds no predictions is named, with what can be read", () => {
  expect(() => importPredictions('[{"caption": "a dog"}]', "x.json")).toThrow(/^x\.json holds no predictions that can be read; readable are/);
  expect(() => importPredictions("a dog", "x.txt")).toThrow(/x\.txt holds no predictions/);
  expect(() => importPredictions('{"doc_id": "x", "filtered_resps": []}', "s.jsonl")).toThrow(/s\.jsonl, line 1, is no sample of lmms-eval: "doc_id"/);
  expect(() => importPredictions('[{"caption": "a dog"', "x.json")).toThrow(/x\.json is not JSON/);
});

const figure = (value: number, low = value, high = value, count = 10) => ({ value, low, high, count });
const result = (task: string, shots: number, trial: number, answerer: string, name: string, value: number, more: object = {}): WrittenResult => ({
  ...{
    task,
    shots,
    trial,
    answerer,
    questions: 10,
    measures: { [name]: figure(value), ...(task === "VQAv2" ? { "as OpenFlamingo": figure(value - 1) } : {}) },
  },
  ...more,
});

test("OpenFlamingo's results.json has each trial, their mean and numpy's deviation, in its own scales", () => {
  const results = [
    result("COCO", 4, 0, "model", "CIDEr", 80),
    result("COCO", 4, 1, "model", "CIDEr", 84),
    result("COCO", 4, 0, "constant answer", "CIDEr", 1),
    result("VQAv2", 0, 0, "model", "accuracy", 50),
    result("HatefulMemes", 0, 0, "model", "ROC-AUC", 60),
  ];
  expect(JSON.parse(openFlamingoResults(results))).toEqual({
    coco: [{ shots: 4, trials: [80, 84], mean: 82, stddev: 2 }],
    vqav2: [{ shots: 0, trials: [49], mean: 49, stddev: 0 }],
    hateful_memes: [{ shots: 0, trials: [0.6], mean: 0.6, stddev: 0 }],
  });
});

test("sentences say whether the pictures of the examples helped, and what the model was not shown to surpass", () => {
  const of = (words: object) => [
    result("COCO", 4, 0, "model", "CIDEr", 80),
    result("COCO", 4, 0, "examples in words alone", "CIDEr", 70, { beyond: words }),
    result("COCO", 4, 0, "shuffled pictures", "CIDEr", 80, { beyond: figure(0, -1, 1) }),
    result("COCO", 4, 0, "constant answer", "CIDEr", 79, { beyond: figure(1, -0.5, 2.5) }),
    result("COCO", 4, 0, "majority of the examples", "CIDEr", 70, { beyond: figure(10, 8, 12) }),
  ];
  const level = "COCO, 4 shots: the model was not shown to reach more CIDEr than constant answer.";
  expect(findingsOf(of(figure(10, 8, 12.04, 25)))).toEqual([
    "COCO, 4 shots: the pictures of the examples helped: 10.0 points of CIDEr more (95%: 8.0 to 12.0; 25 questions) than after the same examples in words alone.",
    level,
  ]);
  expect(findingsOf(of(figure(1, -2, 4)))[0]).toContain("were not shown to help: 1.0 points of CIDEr more (95%: -2.0 to 4.0; 10 questions)");
  expect(findingsOf(of(figure(-3, -4, -2)))[0]).toContain("did harm: 3.0 points of CIDEr less (95%: -4.0 to -2.0; 10 questions)");
});
