/** Runs that are killed, in processes of their own; and a server that is asked in the place of the model. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeQuestions } from "../evaluate/answering-questions.ts";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { type Listening, listen } from "../serve/listening.ts";
import { runFlamingo } from "./run-flamingo.ts";

const below = await mkdtemp(join(tmpdir(), "flamingo-resume-"));
let model: string;
let questions: string;
let listening: Listening;
beforeAll(async () => {
  ({ folder: model } = await writeTinyModel());
  questions = await writeQuestions(9);
  listening = await listen();
});
afterAll(async () => {
  await listening.close();
  for (const folder of [below, model, dirname(questions)]) await rm(folder, { recursive: true, force: true });
});

const settings = ["--shots", "0,1", "--beams", "1", "--baselines", "0.5"];
const here = (file: string): string[] => ["evaluate", "--model", model, "--benchmark", questions, ...settings, "--predictions", file, "--device", "cpu"];
const there = (file: string): string[] => [
  ...["evaluate", "--endpoint", listening.url, "--model", "tiny", "--benchmark", questions, ...settings, "--predictions", file, "--device", "cpu"],
  ...["--concurrency", "3", "--encoder", model],
];

/** Calls that the server has answered. */
async function answered(): Promise<number> {
  const text = await (await fetch(`${listening.url}/metrics`)).text();
  return [...text.matchAll(/^flamingo_requests_total\{[^}]*(?:completions|score)[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

test.each([
  ["the model", here],
  ["a server", there],
])(
  "asked of %s, a run that is killed with SIGKILL again and again ends with the same file",
  async (who, args) => {
    const whole = join(below, `${who}.jsonl`);
    const begun = await answered();
    const uninterrupted = await runFlamingo([...args(whole), "--json"]);
    expect({ code: uninterrupted.code, stderr: uninterrupted.stderr }).toMatchObject({ code: 0 });
    const expected = await readFile(whole, "utf8");
    const calls = (await answered()) - begun;
    const file = join(below, `${who}-killed.jsonl`);
    for (const steps of [1, 4]) {
      const { signal } = await runFlamingo(args(file), {
        watch: (stderr, send) => {
          if (stderr.split(" answered\n").length > steps) send("SIGKILL");
        },
      });
      expect(signal ?? "ended").toBe("SIGKILL");
    }
    const before = (await readFile(file, "utf8")).split("\n").length;
    expect(before).toBeGreaterThan(3);
    const ended = await runFlamingo([...args(file), "--json"]);
    expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 0 });
    expect(await readFile(file, "utf8")).toBe(expected);
    // Of each killed run only those that were on their way are asked again.
    expect((await answered()) - begun - calls).toBeLessThanOrEqual(calls + 2 * 3);
    const figures = (stdout: string): unknown => (JSON.parse(stdout) as { results: unknown }).results;
    expect(figures(ended.stdout)).toEqual(figures(uninterrupted.stdout));
  },
  300_000,
);

test("answers are judged again without anybody being asked, and go into other forms", async () => {
  const file = join(below, "again.jsonl");
  const exports = ["submission", "lmms-eval", "openflamingo"].flatMap((form) => ["--export", `${form}=${join(below, form)}`]);
  const one = ["evaluate", "--model", model, "--benchmark", questions, "--shots", "1", "--beams", "1", "--predictions", file, ...exports, "--json"];
  const asked = await runFlamingo(one);
  expect({ code: asked.code, stderr: asked.stderr }).toMatchObject({ code: 0 });
  type Report = { results: { answerer: string; measures: Record<string, { value: number }> }[]; findings: string[]; provenance: object; samples: object[] };
  const first = JSON.parse(asked.stdout) as Report;
  expect(first.provenance).toMatchObject({ "flamingo-vlm": expect.any(String), weights: expect.stringMatching(/^[0-9a-f]{64}$/), seed: 1 });
  expect(first.samples[0]).toMatchObject({
    expected: expect.stringMatching(/^ (?:red|blue|green|grey)$/),
    examples: [{ text: expect.stringContaining("What colour is it? Answer: ") }],
  });
  const judged = await runFlamingo(["evaluate", "--rescore", file, "--benchmark", questions, "--json"]);
  expect({ code: judged.code, stderr: judged.stderr }).toMatchObject({ code: 0 });
  const second = JSON.parse(judged.stdout) as Report;
  const figures = ({ results }: Report) => results.map(({ answerer, measures }) => [answerer, measures]);
  expect(figures(second)).toEqual(figures(first));
  const sent = JSON.parse(await readFile(join(below, "submission"), "utf8")) as { question_id: number; answer: string }[];
  expect(sent).toHaveLength(9);
  for (const form of ["submission", "lmms-eval"]) {
    const back = await runFlamingo(["evaluate", "--rescore", join(below, form), "--benchmark", questions, "--json"]);
    expect({ code: back.code, stderr: back.stderr }).toMatchObject({ code: 0 });
    expect((JSON.parse(back.stdout) as Report).results[0]!.measures["accuracy"]).toEqual(first.results[0]!.measures["accuracy"]);
  }
}, 300_000);

test("what does not belong together is told", async () => {
  const told = async (...args: readonly string[]) => {
    const { code, stderr } = await runFlamingo(["evaluate", ...args]);
    return `${code}: ${stderr.trim().split("\n").at(-1)}`;
  };
  expect(await told("--benchmark", questions, "--endpoint", "http://127.0.0.1:9")).toMatch(/^2: .*--endpoint needs --model NAME/);
  expect(await told("--benchmark", questions, "--system", "x", "--price", "1,2")).toMatch(
    /^2: .*--system and --price would do nothing: they belong to an --endpoint/,
  );
  expect(await told("--benchmark", questions, "--export", "submission=x")).toMatch(/^2: .*give one number of --shots/);
  expect(await told("--export", "xml=x")).toMatch(/^2: .*FORM is one of submission/);
  expect(await told("--rescore", join(below, "missing"))).toMatch(/^1: .*there is no file/);
  for (const [judged, unread] of [
    [["--benchmark", questions], "--shots and --seed"],
    [[], "--shots and --seed"],
    [["--suite", "nano"], "--threads"],
  ] as const) {
    expect(await told("--rescore", "x", ...judged, ...(judged[0] === "--suite" ? ["--threads", "1"] : ["--shots", "1", "--seed", "2"]))).toMatch(
      new RegExp(`^2: .*${unread} would do nothing: --rescore judges answers that are there`),
    );
  }
  expect(
    await told("--endpoint", "http://127.0.0.1:9", "--model", "m", "--retries", "0", "--encoder", model, "--shots", "1", "--benchmark", questions),
  ).toMatch(/^1: .*it cannot be reached/);
}, 300_000);
