import { expect, test } from "vitest";
import { resultTable } from "../../src/cli/result-table.ts";
import { evaluateTasks, type TaskResult } from "../../src/evaluate/evaluate-tasks.ts";
import type { Answerer, EvaluationCase } from "../../src/evaluate/question.ts";
import { written } from "../../src/evaluate/results.ts";
import type { SuiteTask } from "../../src/evaluate/suite.ts";

const question = (answer: string): EvaluationCase => ({ shots: [], query: { id: answer, media: [], prompt: "", answer } });
const answerer = (name: string, say: (expected: string) => string | undefined): Answerer => ({
  name,
  share: 1,
  answer: async (questions) =>
    questions.map(({ query }) => {
      const text = say(query.answer);
      return text === undefined ? undefined : { text };
    }),
});
const plain: SuiteTask = { name: "plain", shots: 0, chance: 0, cases: ["a cat", "a dog", "a cow", "a pig"].map(question) };
const judged: SuiteTask = {
  ...plain,
  name: "judged",
  isRight: (answer, { query }) => answer === query.answer || answer === "an animal",
  counts: { "not sure": (answer) => answer === "not sure" },
};

async function resultsOf(tasks: readonly SuiteTask[], answerersOf: (task: SuiteTask) => readonly Answerer[]): Promise<TaskResult[]> {
  const results: TaskResult[] = [];
  for await (const event of evaluateTasks(tasks, answerersOf)) if (event.type === "result") results.push(event.result);
  return results;
}

const wide = answerer("wide", (expected) => (expected === "a cat" ? "not sure" : " an animal "));
const silent = answerer("silent", () => undefined);

test("what is right, and what else is counted, a task may say itself; otherwise the answer must be the expected one", async () => {
  const results = await resultsOf([plain, judged], () => [wide, silent]);
  expect(
    results.map(({ task, answerer: name, measures }) => [
      task,
      name,
      measures!["right"]!.estimate.value,
      measures!["not sure"]?.estimate.value,
      "CIDEr" in measures!,
    ]),
  ).toEqual([
    ["plain", "wide", 0, undefined, true],
    ["plain", "silent", 0, undefined, true],
    ["judged", "wide", 3 / 4, 1 / 4, false],
    ["judged", "silent", 0, 0, false],
  ]);
});

test("the table has a line for each count, and leaves out who was not asked", async () => {
  const lines = resultTable((await resultsOf([judged, plain], ({ name }) => (name === "plain" ? [wide] : [wide, silent]))).map(written))
    .split("\n")
    .map((line) => line.split(/ {2,}/).filter((cell) => cell !== ""));
  expect(lines.map(([name]) => name)).toEqual([
    "% (95% interval)",
    "judged, 0 shots: right",
    "judged, 0 shots: not sure",
    "plain, 0 shots: right",
    "plain, 0 shots: CIDEr",
    undefined,
  ]);
  expect(lines[0]!.slice(1)).toEqual(["chance", "wide", "silent"]);
  expect(lines[1]!.slice(1)).toEqual(["0.0", "75.0 (30.1-95.4)", "0.0 (0.0-49.0)"]);
  expect(lines[2]!.slice(1)).toEqual(["25.0 (4.6-69.9)", "0.0 (0.0-49.0)"]);
  expect(lines[3]!.slice(1)).toEqual(["0.0", "0.0 (0.0-49.0)"]);
});
