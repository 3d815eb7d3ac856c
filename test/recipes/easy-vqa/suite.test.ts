/** easy-VQA's suite and training documents, on a few questions in its form. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import openQuestions from "../../../recipes/easy-vqa/questions.ts";
import openSuite from "../../../recipes/easy-vqa/suite.ts";
import { Random } from "../../../src/data/random.ts";
import { wordBaselines } from "../../../src/evaluate/baselines.ts";
import { measuresOf } from "../../../src/evaluate/evaluate-tasks.ts";
import type { Answerer } from "../../../src/evaluate/question.ts";
import type { SuiteTask } from "../../../src/evaluate/suite.ts";

const choices = ["circle", "red", "yes", "no"];
const colour = "what color is the shape?";
const there = "is there a circle?";
const train = [
  { image: "train/0.png", question: there, answer: "no" },
  { image: "train/1.png", question: there, answer: "no" },
  { image: "train/1.png", question: colour, answer: "red" },
  { image: "train/2.png", question: there, answer: "yes" },
];
const test_ = [
  { image: "test/0.png", question: colour, answer: "red", choices },
  { image: "test/0.png", question: there, answer: "no", choices },
  { image: "test/1.png", question: there, answer: "yes", choices },
  { image: "test/1.png", question: "what shape is in the image?", answer: "circle", choices },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-easy-"));
  const lines = (items: readonly unknown[]): string => `${items.map((each) => JSON.stringify(each)).join("\n")}\n`;
  await writeFile(join(folder, "train.jsonl"), lines(train));
  await writeFile(join(folder, "test.jsonl"), lines(test_));
});
afterAll(() => rm(folder, { recursive: true }));

async function right(task: SuiteTask, answerer: Answerer): Promise<number> {
  const answers = await answerer.answer(task.cases);
  const answered = task.cases.map(({ query }, i) => ({ question: query, answer: answers[i] ?? { text: "" } }));
  return measuresOf(task, answered)!["right"]!.estimate.value;
}

test("test questions after training examples, beside the majority answer and the question alone", async () => {
  const { tasks, fileOf } = await openSuite({ pictures: folder, limit: 240, seed: 1, shots: [0, 2] });
  expect(tasks.map(({ shots, cases, chance }) => [shots, cases.length, chance])).toEqual([
    [0, 4, 1 / 4],
    [2, 4, 1 / 4],
  ]);
  expect(fileOf("test/0.png")).toBe(`${folder}/test/0.png`);
  for (const { shots, query } of tasks[1]!.cases) {
    expect(shots.map(({ media }) => media[0]!.path.startsWith("train/"))).toEqual([true, true]);
    expect(query.choices).toEqual(choices.map((choice) => ` ${choice}`));
    expect(query.prompt).toMatch(/^Question: .+ Answer:$/);
  }
  const [zero] = tasks as [SuiteTask];
  const constant = wordBaselines(zero).find(({ name }) => name === "constant answer")!;
  expect(await right(zero, constant)).toBe(1 / 4);
  // "red" and "no" from the words alone; one question was never asked in training.
  const [alone] = zero.baselines!(undefined as never, undefined as never) as [Answerer];
  expect(await right(zero, alone)).toBe(2 / 4);
});

test("answers are learnt, questions are given, and pictures are those of the training split", async () => {
  const { document, pictures } = await openQuestions({ folder, most: 2 }, () => {});
  expect(pictures!.ids).toEqual(["train/0.png", "train/1.png", "train/2.png"]);
  for (let i = 0; i < 20; i++) {
    const pieces = document!(new Random("documents", i));
    expect([4, 8]).toContain(pieces.length);
    for (const piece of pieces) {
      if (piece.kind !== "text") continue;
      expect(piece.learn).toBe(!piece.text.startsWith("Question: "));
    }
  }
});
