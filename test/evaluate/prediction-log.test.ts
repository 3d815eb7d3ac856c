import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { evaluateTasks } from "../../src/evaluate/evaluate-tasks.ts";
import { openPredictionLog } from "../../src/evaluate/platform/node-prediction-log.ts";
import { TaskHashes } from "../../src/evaluate/provenance.ts";
import type { Answerer } from "../../src/evaluate/question.ts";
import { RunLog } from "../../src/evaluate/run-log.ts";
import { ShownMedia } from "../../src/evaluate/shown-media.ts";
import type { SuiteTask } from "../../src/evaluate/suite.ts";

const folder = await mkdtemp(join(tmpdir(), "flamingo-log-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const words = ["cat", "dog", "cow", "pig", "hen", "fox", "owl", "ant", "bee", "elk"];
const task = (name: string, prompt = "What?"): SuiteTask => ({
  name,
  shots: 0,
  cases: words.map((word, id) => ({ shots: [], query: { id, media: [], prompt, answer: word, ...(name === "chosen" ? { choices: words } : {}) } })),
});
const provenance = { model: "m", weights: "abc" };

interface Asking {
  readonly together: number;
  readonly atOnce: number;
  /** Breaks off, as a killed process does, when so many questions were asked. */
  readonly most?: number;
}

/** Asks two tasks, and says which questions were asked. */
async function run(file: string, { together, atOnce, most = Number.POSITIVE_INFINITY }: Asking, tasks = [task("plain"), task("chosen")]): Promise<string[]> {
  const asked: string[] = [];
  const answererOf = (name: string): Answerer => ({
    ...{ name, share: 1, together, atOnce },
    async answer(questions) {
      // Later ones may be answered earlier.
      await new Promise((resolve) => setTimeout(resolve, (10 - Number(questions[0]!.query.id)) / 2));
      if (asked.length + questions.length > most) throw new Error("killed");
      for (const { query } of questions) asked.push(`${name} ${query.answer}`);
      return questions.map(({ query }) => ({
        text: `${name} says ${query.answer}`,
        ...(query.choices === undefined ? {} : { scores: words.map(Math.sqrt.bind(undefined, 2)) }),
      }));
    },
  });
  const log = await openPredictionLog(file, provenance);
  try {
    const runLog = new RunLog(new TaskHashes(new ShownMedia()), log);
    for await (const _ of evaluateTasks(tasks, () => [answererOf("model"), answererOf("control")], { log: runLog }));
    await runLog.finish();
  } catch (error) {
    if ((error as Error).message !== "killed") throw error;
  } finally {
    await log.close();
  }
  return asked;
}

test.each([
  { together: 4, atOnce: 1 },
  { together: 1, atOnce: 4 },
])("a run that was broken off anywhere asks only what is missing, and ends with the same file: %o", async (asking) => {
  const whole = join(folder, `whole-${asking.together}.jsonl`);
  const all = await run(whole, asking);
  expect(all).toHaveLength(40);
  const expected = await readFile(whole, "utf8");
  for (const most of [0, 4, 9, 13, 25, 39]) {
    const file = join(folder, `broken-${asking.together}-${most}.jsonl`);
    const first = await run(file, { ...asking, most });
    expect(await readFile(file, "utf8")).not.toBe(expected);
    const second = await run(file, asking);
    expect([...first, ...second].toSorted()).toEqual(all.toSorted());
    expect(await readFile(file, "utf8")).toBe(expected);
  }
  // It is finished: nobody is asked any more.
  expect(await run(whole, asking)).toEqual([]);
  expect(await readFile(whole, "utf8")).toBe(expected);
});

test("a line that was being written is written again; what was asked together is asked together", async () => {
  const file = join(folder, "torn.jsonl");
  await run(file, { together: 4, atOnce: 1 });
  const expected = await readFile(file, "utf8");
  await truncate(file, expected.length - 10);
  expect(await run(file, { together: 4, atOnce: 1 })).toEqual(["control bee", "control elk"]);
  expect(await readFile(file, "utf8")).toBe(expected);
  const lines = expected.split("\n");
  const at = lines.findIndex((line) => line.includes("model says cow"));
  await writeFile(file, lines.toSpliced(at, 1).join("\n"));
  expect(await run(file, { together: 4, atOnce: 1 })).toEqual(["cat", "dog", "cow", "pig"].map((word) => `model ${word}`));
  expect(await readFile(file, "utf8")).toBe(expected);
});

test("answers of another run are not mixed with these", async () => {
  const file = join(folder, "other.jsonl");
  await run(file, { together: 4, atOnce: 1, most: 4 });
  await expect(openPredictionLog(file, { ...provenance, weights: "xyz", seed: 2 })).rejects.toThrow(
    `${file} holds answers of another run: weights there is "abc", here "xyz"; seed there is nothing, here 2. Name another file, or delete it to begin anew`,
  );
  await expect(run(file, { together: 4, atOnce: 1 }, [task("plain", "Which?")])).rejects.toThrow(/in plain, 0 shots: prompts there is "/);
  const foreign = join(folder, "foreign.json");
  await writeFile(foreign, '{"a": 1}');
  await expect(openPredictionLog(foreign, provenance)).rejects.toThrow(/foreign\.json is there already and holds something else than predictions/);
  await appendFile(file, '{"task":"plain","answerer":"model"}\n');
  await expect(openPredictionLog(file, provenance)).rejects.toThrow(/other\.jsonl, line \d+, is no line of a predictions file: "shots"/);
});
