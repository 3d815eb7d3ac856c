import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createAnswerers, modelName } from "../../src/evaluate/answerers.ts";
import { LocalModel } from "../../src/evaluate/answering/local-model.ts";
import type { OpenedBenchmark } from "../../src/evaluate/benchmarks/benchmark.ts";
import { BenchmarkFiles } from "../../src/evaluate/benchmarks/benchmark-files.ts";
import { type BenchmarkTaskOptions, benchmarkTasks } from "../../src/evaluate/benchmarks/benchmark-tasks.ts";
import { benchmarks } from "../../src/evaluate/benchmarks/benchmarks.ts";
import { fixedDemonstrations, randomDemonstrations, similarDemonstrations } from "../../src/evaluate/benchmarks/demonstrations.ts";
import { stemsOf } from "../../src/evaluate/benchmarks/okvqa.ts";
import { evaluateTasks, type TaskResult } from "../../src/evaluate/evaluate-tasks.ts";
import type { Answered } from "../../src/evaluate/question.ts";
import { ShownMedia } from "../../src/evaluate/shown-media.ts";
import { meanFeature } from "../../src/generate/feature-rows.ts";
import type { Medium } from "../../src/generate/medium.ts";
import { Flamingo } from "../../src/index.ts";
import { writeSample } from "./benchmark-samples.ts";

const settings = { select: "random", trials: 1, seed: 1, limit: 2, pool: 2048 } as const;
const below = await mkdtemp(join(tmpdir(), "flamingo-benchmarks-"));
const model = await Flamingo.load("nano", { worker: false });
afterAll(() => Promise.all([model.dispose(), rm(below, { recursive: true, force: true })]));

const named = (name: string) => benchmarks.find((each) => each.name === name)!;

async function open(name: string, split?: string): Promise<OpenedBenchmark> {
  return named(name).open(new BenchmarkFiles(await writeSample(name, below)), split ?? named(name).splits[0]);
}

const media = new ShownMedia({ frames: 2 });
const vectorsOf = async (shown: readonly Medium[]): Promise<Float32Array[]> => (await model.embedAll(shown)).map(meanFeature);

type Found = TaskResult & { readonly answered: readonly Answered[] };

/** What the model and everything beside it came to. */
async function results(name: string, opened: OpenedBenchmark, options: Partial<BenchmarkTaskOptions> & { controlShare?: number } = {}): Promise<Found[]> {
  const similar: BenchmarkTaskOptions["similar"] = (support) => similarDemonstrations(support, { media, vectorsOf });
  const tasks = benchmarkTasks(named(name), opened, { shots: [0, 2], ...settings, similar, ...options });
  const respondent = new LocalModel(model, media, 3);
  const answerersOf = createAnswerers({ respondent, media, encoder: model, model, seed: 1, controlShare: options.controlShare ?? 0 });
  const found: Found[] = [];
  for await (const event of evaluateTasks(tasks, answerersOf)) if (event.type === "result") found.push({ ...event.result, answered: event.answered });
  await respondent.dispose();
  return found;
}

const ofModel = (found: readonly Found[]): Found[] => found.filter(({ answerer }) => answerer === modelName);

/** What the first question of each sample says, how its example answers, and the first figure. */
const expected: Readonly<Record<string, readonly [prompt: string, answer: string, figure: string, choices?: number]>> = {
  coco: ["Output:", " a red bus test.", "CIDEr"],
  flickr30k: ["Output:", " a red bus test.", "CIDEr"],
  vqav2: ["Question: Is it a red bus? Answer:", " yes", "accuracy"],
  okvqa: ["Question: Is it a red bus? Answer:", " yes", "accuracy"],
  textvqa: ["Question: what does it say? Answer:", " stop", "accuracy"],
  vizwiz: ["Question: What is this? Answer:", " unanswerable", "accuracy"],
  hatefulmemes: ['is an image with written: "look at this" on it. Is it hateful? Answer:', " yes", "ROC-AUC", 2],
  visdial: ["a dog on grass Question: is it big? Answer: answer 0 Question: what colour is it? Answer:", " answer 1", "NDCG", 100],
  vatex: ["Output:", " a red bus", "CIDEr"],
  youcook2: ["Output:", " cut a red bus", "CIDEr"],
  msvdqa: ["Question: what is it? Answer:", " dog", "accuracy"],
  msrvttqa: ["Question: what is it? Answer:", " dog", "accuracy"],
  ivqa: ["Question: what is cut, and how? Answer:", " bread", "accuracy"],
  nextqa: ["Question: what jumps? Answer:", " the dog", "WUPS"],
  star: ["Question: Which object was held? Answer:", " The cup.", "accuracy", 4],
  rareact: ["Caption: a person", "", "mWAP", 2],
  imagenet: ["Output:", " tench", "top-1", 2],
  kinetics700: ["Output:", " juggling balls", "mean of top-1 and top-5", 2],
  webqa: ["The bus is red. Question: Are both of them red? Answer:", " Yes, both are red.", "accuracy"],
};

describe.each(benchmarks.map(({ name }) => name))("%s", (name) => {
  test("its official form is read, asked and judged", async () => {
    const opened = await open(name);
    const [prompt, answer, figure, choices] = expected[name]!;
    const [first] = opened.queries;
    expect([first!.prompt, first!.answer, first!.choices?.length]).toEqual([prompt, answer, choices]);
    const few = named(name).mostShots === 0 ? [0] : [0, 2];
    const found = ofModel(await results(name, opened, { shots: few }));
    expect(found.map(({ shots, textExamples = 0, questions }) => [shots, textExamples, questions])).toEqual(
      few.map((shots) => [shots, shots === 0 && choices === undefined ? 2 : 0, 2]),
    );
    for (const { measures, answered } of found) {
      expect(Object.keys(measures!)[0]).toBe(figure);
      expect(answered.every(({ answer: { scores } }) => scores?.length === choices)).toBe(true);
    }
  });

  test("its own right answers are right", async () => {
    const opened = await open(name);
    const right: Answered[] = opened.queries.map((question) => {
      const chosen = question.choices?.map((choice) => Number(choice === question.answer));
      return { question, answer: { text: question.answer.trim(), ...(chosen === undefined ? {} : { scores: chosen }) } };
    });
    const measures = opened.measure(right)!;
    const best = measures[expected[name]![2]]!.estimate.value;
    // Captions of a handful of pictures share words, whose weight is 0 then; RareAct's clips have no answer of their own; VisDial's relevant candidates are others than what was said.
    if (expected[name]![2] === "CIDEr") expect(measures["BLEU-1"]!.estimate.value).toBeCloseTo(1, 6);
    else if (name === "rareact" || name === "visdial") expect(best).toBeGreaterThanOrEqual(0);
    else if (name === "ivqa" || name === "vizwiz") expect(best).toBeCloseTo(1, 6);
    else expect(best).toBeGreaterThan(0.99);
    // Its dictionaries number the people of these, so that one alone is left out; those of VizWiz it does not.
    const flamingo = measures["as OpenFlamingo"]?.estimate.value;
    if (flamingo !== undefined) expect(flamingo).toBeCloseTo(name === "vizwiz" ? 0.5 : 1, 6);
  });
});

test("a split whose answers are with a server is answered and not judged", async () => {
  const opened = await open("vqav2", "test-dev");
  const [result, ...others] = await results("vqav2", opened, { shots: [2], controlShare: 1 });
  expect(others).toEqual([]);
  expect([result!.measures, result!.answered.length, result!.answered[0]!.question.id]).toEqual([undefined, 1, 90]);
});

test("the same seed draws the same examples, another one others, and the question's own picture is none of them", async () => {
  const { support, queries } = await open("coco");
  const idsOf = async (seed: number, of = support): Promise<readonly string[]> =>
    (await randomDemonstrations(of, seed)([queries[0]!], 4))[0]!.map(({ media }) => media[0]!.path);
  expect(await idsOf(3)).toHaveLength(4);
  expect(await idsOf(3)).toEqual(await idsOf(3));
  expect(new Set((await Promise.all([1, 2, 3, 4].map((seed) => idsOf(seed)))).map((paths) => paths.join())).size).toBeGreaterThan(1);
  expect(await idsOf(3, queries)).toHaveLength(2);
  expect(await idsOf(3, queries)).not.toContain(queries[0]!.media[0]!.path);
});

test("the most similar examples come last", async () => {
  const { support, queries } = await open("coco");
  const [query] = queries;
  const twin = {
    ...support[0]!,
    id: "twin",
    media: [{ kind: "image" as const, path: `${query!.media[0]!.path.replace(/[^/]*$/, "")}./${query!.media[0]!.path.split("/").at(-1)!}` }],
  };
  const similar = similarDemonstrations([twin, ...support], { media, vectorsOf });
  const [chosen] = await similar.choose([query!], 3);
  await similar.dispose();
  expect(chosen).toHaveLength(3);
  expect(chosen!.at(-1)!.id).toBe("twin");
});

test("the same examples for all questions are the same, and are read once to the same answers", async () => {
  const opened = await open("textvqa");
  const chosen = await fixedDemonstrations(opened.support, 1)(opened.queries, 2);
  expect(new Set(chosen.map((examples) => examples.map(({ id }) => id).join())).size).toBe(1);
  const alone = [];
  for (const query of opened.queries) {
    const [found] = ofModel(await results("textvqa", { ...opened, queries: [query] }, { shots: [2], select: "fixed", limit: 3 }));
    alone.push(found!.answered[0]!.answer.text);
  }
  const [together] = ofModel(await results("textvqa", opened, { shots: [2], select: "fixed", limit: 3 }));
  expect(together!.answered.map(({ answer }) => answer.text)).toEqual(alone);
});

test("beside the model stands what it reaches with something taken away, and what is reached without it", async () => {
  const found = await results("imagenet", await open("imagenet"), { shots: [0, 2], limit: 3, controlShare: 0.7 });
  const named = (shots: number): readonly (readonly [string, number, boolean])[] =>
    found.filter((each) => each.shots === shots).map(({ answerer, questions, beyond }) => [answerer, questions, beyond !== undefined]);
  const seen = ["shuffled pictures", "blank pictures", "no pictures"];
  expect(named(0)).toEqual([["model", 3, false], ...seen.map((name) => [name, 2, true]), ["constant answer", 3, true]]);
  expect(named(2)).toEqual([
    ["model", 3, false],
    ...[...seen, "wrong labels", "examples in words alone"].map((name) => [name, 2, true]),
    ["constant answer", 3, true],
    ["majority of the examples", 3, true],
    ["nearest by frozen features", 2, true],
    ["nearest by pixels", 2, true],
  ]);
});

test("OK-VQA's stems are those of its own answers", () => {
  const stem = stemsOf([
    { answer: "fire hydrant", raw: "fire hydrants" },
    { answer: "surf", raw: "surfing" },
  ]);
  expect(["Fire hydrants", "surfing", "red hydrants", "surf"].map(stem)).toEqual(["fire hydrant", "surf", "red hydrant", "surf"]);
});

test("files that are missing or of another form are named", async () => {
  const folder = await mkdtemp(join(below, "wrong-"));
  const files = new BenchmarkFiles(folder);
  await expect(named("coco").open(files, "test")).rejects.toThrow(`there is no file ${folder}/dataset_coco.json`);
  await writeFile(join(folder, "dataset_coco.json"), '{"images": [{"split": "test"}]}');
  await expect(named("coco").open(files, "test")).rejects.toThrow(/dataset_coco\.json is not of the benchmark's official form: "images\.0\.filename"/);
  await writeFile(join(folder, "rareact.csv"), 'id,video_id\n1,"unclosed');
  await expect(named("rareact").open(files, "test")).rejects.toThrow(/rareact\.csv is not a table in CSV form/);
});
