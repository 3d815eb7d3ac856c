/** Work that several processes share, some of which are killed: what comes out is what one process alone gives, to the byte. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeQuestions } from "../evaluate/answering-questions.ts";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { hasRedis, startRedis } from "./redis-server.ts";
import { type Called, runFlamingo } from "./run-flamingo.ts";

const below = await mkdtemp(join(tmpdir(), "flamingo-shared-"));
let model: string;
let questions: string;
let expected: string;
let figures: unknown;
const shards = 12;

const args = (file: string, ...more: readonly string[]): string[] => [
  ...["evaluate", "--model", model, "--benchmark", questions, "--shots", "0,2", "--beams", "1", "--baselines", "0.5", "--device", "cpu", "--json"],
  ...["--predictions", file, ...more],
];
const shared = (file: string, queue: string): string[] =>
  args(file, "--queue", queue, "--shards", String(shards), ...(queue === "array" ? [] : ["--lease", "4"]));
const figuresOf = ({ stdout }: Called): unknown => (JSON.parse(stdout) as { results: unknown }).results;

beforeAll(async () => {
  ({ folder: model } = await writeTinyModel());
  questions = await writeQuestions(40);
  const file = join(below, "alone.jsonl");
  const alone = await runFlamingo(args(file));
  expect({ code: alone.code, stderr: alone.stderr }).toMatchObject({ code: 0 });
  expected = await readFile(file, "utf8");
  figures = figuresOf(alone);
}, 300_000);
afterAll(async () => {
  for (const folder of [below, model, dirname(questions)]) await rm(folder, { recursive: true, force: true });
});

/** Three workers, of which one is killed in its first shard and one in its second; the third begins when the first is gone, so that it has something to do. */
async function threeWorkers(file: string, queue: string): Promise<void> {
  const killedAfter = (answeredShards: number): Promise<Called> =>
    runFlamingo(shared(file, queue), {
      toAll: true,
      watch: (stderr, send) => {
        if (new Set(stderr.match(/^shard \d+/gm)).size > answeredShards) send("SIGKILL");
      },
    });
  const workers = [killedAfter(0), killedAfter(1)] as const;
  const third = Promise.race(workers).then(() => runFlamingo(shared(file, queue)));
  const [first, second, { code, stdout, stderr }] = await Promise.all([...workers, third]);
  expect([first.signal, second.signal]).toEqual(["SIGKILL", "SIGKILL"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect((JSON.parse(stdout) as { results: unknown }).results).toEqual(figures);
  expect(await readFile(file, "utf8")).toBe(expected);
  const names = await readdir(`${file}.shards`);
  expect(names.filter((name) => name.endsWith(".jsonl"))).toHaveLength(shards);
  // What the killed ones had not finished was done again by another.
  const unfinished = names.filter((name) => name.endsWith(".part"));
  expect(unfinished.length).toBeGreaterThan(0);
  for (const name of unfinished) expect(names).toContain(`${name.split(".jsonl")[0]}.jsonl`);
  // Called again, also without the shards, nobody is asked.
  await rm(`${file}.shards`, { recursive: true });
  const again = await runFlamingo(shared(file, queue));
  expect({ code: again.code, stderr: again.stderr }).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/^shard /m) });
  expect(figuresOf(again)).toEqual(figures);
  expect(await readFile(file, "utf8")).toBe(expected);
}

test("on one machine, by leases in an SQLite file", () => threeWorkers(join(below, "local.jsonl"), "local"), 300_000);

describe.skipIf(!hasRedis)("on many machines", () => {
  test("by BullMQ on a Redis server", async () => {
    const { url, stop } = await startRedis();
    try {
      await threeWorkers(join(below, "redis.jsonl"), url);
    } finally {
      await stop();
    }
  }, 300_000);
});

test.each([
  ["Slurm", (task: number) => ({ SLURM_ARRAY_TASK_ID: String(5 + task), SLURM_ARRAY_TASK_MIN: "5", SLURM_ARRAY_TASK_COUNT: "3" }), 3],
  ["Kubernetes", (task: number) => ({ JOB_COMPLETION_INDEX: String(task) }), shards],
] as const)(
  "as an array job of %s, whose killed task is begun again",
  async (scheduler, environment, tasks) => {
    const file = join(below, `${scheduler}.jsonl`);
    const call = (task: number, killed = false): Promise<Called> =>
      runFlamingo(shared(file, "array"), {
        environment: environment(task),
        toAll: true,
        watch: (stderr, send) => {
          if (killed && /^shard \d+/m.test(stderr)) send("SIGKILL");
        },
      });
    expect((await call(1, true)).signal).toBe("SIGKILL");
    let ended: Called[] = [];
    for (let task = 0; task < tasks; task += 3) {
      ended.push(...(await Promise.all([0, 1, 2].map((more) => call(task + more)))));
      expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toMatchObject(ended.map(() => ({ code: 0 })));
    }
    // Who did the last one says what it came to; of those that ended at the same moment each may have.
    ended = ended.filter(({ stdout }) => stdout !== "");
    expect(ended.length).toBeGreaterThan(0);
    for (const each of ended) expect(figuresOf(each)).toEqual(figures);
    expect(await readFile(file, "utf8")).toBe(expected);
  },
  300_000,
);

test("what cannot be shared is told", async () => {
  const told = async (given: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, stderr } = await runFlamingo(given, { environment });
    return `${code}: ${stderr.trim().split("\n").at(-1)}`;
  };
  const file = join(below, "told.jsonl");
  expect(await told(["evaluate", "--queue", "local"])).toMatch(/^2: .*--queue needs --predictions FILE/);
  expect(await told(["evaluate", "--queue", "somewhere"])).toMatch(/^2: .*It must be local, array, redis, or an address/);
  expect(await told(["evaluate", "--shards", "3"])).toMatch(/^2: .*--shards would do nothing: they belong to a --queue/);
  expect(await told(shared(file, "array"))).toMatch(/^2: .*this is no part of an array job/);
  expect(await told(shared(file, "array"), { JOB_COMPLETION_INDEX: "12" })).toMatch(/^2: .*JOB_COMPLETION_INDEX is 12, but there are 12 shards/);
  expect(await told(shared(file, "array"), { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "3", SLURM_ARRAY_TASK_COUNT: "2" })).toMatch(
    /^2: .*Slurm's array has gaps \(task 7 of 2\)/,
  );
  expect(await told(shared(file, "redis://127.0.0.1:1"))).toMatch(/^1: .*the Redis server redis:\/\/127\.0\.0\.1:1 cannot be reached \(.*ECONNREFUSED/);
  // Another run's answers are neither mixed in nor written over.
  await writeFile(file, expected);
  expect(await told([...shared(file, "local"), "--seed", "7"])).toMatch(/^1: .*told\.jsonl holds answers of another run: seed there is 1, here 7/);
}, 300_000);
