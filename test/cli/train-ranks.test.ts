/** Training in several processes, as mpirun starts them. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { tiny } from "../train/counting.ts";
import { type Called, runFlamingo } from "./run-flamingo.ts";

const bin = join(import.meta.dirname, "../../bin/flamingo.mjs");
/** With each launcher the words that a user types. */
const launchers = {
  mpirun: ["--bind-to", "none", "--oversubscribe", "-n"],
  "mpirun.mpich": ["-n"],
};
type Launcher = keyof typeof launchers;
const has = (launcher: Launcher): boolean => spawnSync(launcher, ["--version"]).status === 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-ranks-"));
  const config = {
    ...tiny,
    model: { ...tiny.model, language: { ...tiny.model.language, vocabulary: 320 } },
    tokenizer: { train: { size: 320 } },
    data: [{ kind: "module", name: "text", module: join(import.meta.dirname, "../train/syllables.ts"), rows: 8, bucket: 2 }],
    optimiser: { learningRate: 0.01 },
    train: { steps: 4, seed: 3, saveEvery: 1000 },
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  // More shards than ranks, of unlike length.
  const words = [..."bdgklmnprst"].flatMap((first) => [..."aeiou"].map((second) => `${first}${second}`));
  for (const shard of [0, 1, 2]) {
    const lines = Array.from({ length: 30 + 7 * shard }, (_, i) => ({
      pieces: [{ text: words.filter((_, word) => (word * (i + 3)) % (5 + shard) === 0).join(" ") }],
    }));
    await writeFile(join(folder, `${shard}.jsonl`), lines.map((line) => JSON.stringify(line)).join("\n"));
  }
  const shards = { kind: "jsonl", name: "text", paths: join(folder, "{0..2}.jsonl"), rows: 8, bucket: 2 };
  await writeFile(join(folder, "shards.json"), JSON.stringify({ ...config, data: [shards] }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Job {
  readonly name: string;
  readonly ranks: number;
  readonly config?: string;
  readonly launcher?: Launcher;
  /** Of `flamingo train`. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Sees what the job has written to standard error so far. */
  readonly watch?: (stderr: string) => void;
}

function train({ name, ranks, config = "config.json", launcher = "mpirun", args = [], environment = {}, watch }: Job): Promise<Called> {
  const called = ["train", join(folder, config), "--out", folder, "--set", `name=${name}`, "--json", ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(launcher, [...launchers[launcher], `${ranks}`, process.execPath, bin, ...called], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1", ...environment },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
      watch?.(stderr);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

const set = (key: string, value: unknown): string[] => ["--set", `${key}=${String(value)}`];
const weightsOf = async (name: string): Promise<Map<string, Float32Array>> => {
  const { tensors } = readSafetensors(await readFile(join(folder, name, "language.safetensors")));
  return new Map([...tensors].map(([path, { data }]) => [path, data as Float32Array]));
};
const lossesOf = async (name: string): Promise<number[]> =>
  (await readFile(join(folder, name, "events.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; losses: { text: number } })
    .filter(({ type }) => type === "step")
    .map(({ losses }) => losses.text);

/** Largest difference of two runs' weights. */
async function difference(one: string, other: string): Promise<number> {
  const [a, b] = [await weightsOf(one), await weightsOf(other)];
  expect([...b.keys()]).toEqual([...a.keys()]);
  let largest = 0;
  for (const [path, values] of a) values.forEach((value, i) => (largest = Math.max(largest, Math.abs(value - b.get(path)![i]!))));
  return largest;
}

/** Sends a signal to the process of a rank, which the job names on standard error, once steps are made. */
function onceTraining(rank: number, signal: NodeJS.Signals): (stderr: string) => void {
  let sent = false;
  return (stderr) => {
    const pid = new RegExp(`rank ${rank} \\(process (\\d+)`).exec(stderr)?.[1];
    if (sent || pid === undefined || !/step \d+\//.test(stderr)) return;
    sent = true;
    process.kill(Number(pid), signal);
  };
}

const endless = [...set("train.steps", 1_000_000), ...set("data.0.rows", 2)];

describe.skipIf(!has("mpirun"))("mpirun", () => {
  test("ranks learn what one learns with as many times the batch; each may have a part of the optimiser's state alone", async () => {
    expect(await runFlamingo(["train", join(folder, "config.json"), "--out", folder, ...set("name", "alone"), "--threads", "1"])).toMatchObject({ code: 0 });
    const losses = await lossesOf("alone");
    expect(losses).toHaveLength(4);
    for (const [ranks, zero] of [
      [1, false],
      [2, false],
      [4, false],
      [2, true],
    ] as const) {
      const name = `of-${ranks}${zero ? "-zero" : ""}`;
      const called = await train({ name, ranks, args: [...set("data.0.rows", 8 / ranks), ...set("train.zero", zero)] });
      expect(called).toMatchObject({ code: 0 });
      expect(JSON.parse(called.stdout)).toMatchObject({ finished: true, step: 4, ranks });
      (await lossesOf(name)).forEach((loss, i) => expect(loss).toBeCloseTo(losses[i]!, 5));
      // A step moves weights by 0.01.
      expect(await difference("alone", name)).toBeLessThan(1e-5);
    }
    expect(await difference("of-2", "of-2-zero")).toBe(0);
  }, 120_000);

  test("told to stop, all keep one checkpoint, from which as many go on, with ZeRO or without, as if nothing had been", async () => {
    const args = [...set("data.0.rows", 4), ...set("train.zero", true)];
    const stopped = await train({ name: "stopped", ranks: 2, args: [...args, ...set("train.steps", 1_000_000)], watch: onceTraining(1, "SIGTERM") });
    expect(stopped.code).not.toBe(0);
    const { finished, step } = JSON.parse(stopped.stdout) as { finished: boolean; step: number };
    expect(finished).toBe(false);

    expect(await train({ name: "stopped", ranks: 1, args: [...args, "--resume"] })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("was made by 2 processes, and now there are 1") as string,
    });
    const steps = set("train.steps", step + 2);
    const [withZero, without] = [set("train.zero", true), set("train.zero", false)];
    expect(await train({ name: "stopped", ranks: 2, args: [...args, "--resume", ...steps, ...without] })).toMatchObject({ code: 0 });
    expect(await train({ name: "whole", ranks: 2, args: [...args, ...steps, ...withZero] })).toMatchObject({ code: 0 });
    expect(await difference("stopped", "whole")).toBe(0);
  }, 120_000);

  test("of a rank that was killed, all go on from the last checkpoint, and each from its own place in the shards", async () => {
    const args = [...set("data.0.rows", 4), ...set("train.saveEvery", 3), ...set("train.zero", true)];
    const killed = await train({
      name: "killed",
      config: "shards.json",
      ranks: 2,
      args: [...args, ...set("train.steps", 1_000_000)],
      watch: onceTraining(1, "SIGKILL"),
    });
    expect(killed.code).not.toBe(0);
    const steps = set("train.steps", (await lossesOf("killed")).length + 4);
    expect(await train({ name: "killed", config: "shards.json", ranks: 2, args: [...args, ...steps, "--resume"] })).toMatchObject({ code: 0 });
    expect(await train({ name: "not-killed", config: "shards.json", ranks: 2, args: [...args, ...steps] })).toMatchObject({ code: 0 });
    expect(await difference("killed", "not-killed")).toBe(0);
    expect(await lossesOf("killed")).toEqual(await lossesOf("not-killed"));
  }, 120_000);

  test.each([
    ["SIGKILL", /the process of rank 1 was killed/],
    ["SIGSTOP", /rank 0 \(process \d+ on .+\): nothing was heard from rank 1 \(process \d+ on .+\) for 3 s/],
  ] as const)(
    "a rank that ends by %s ends the job, which names it",
    async (signal, named) => {
      const called = await train({ name: `ended-${signal}`, ranks: 2, args: [...endless, "--silence", "3"], watch: onceTraining(1, signal) });
      expect(called.code).not.toBe(0);
      expect(called.stderr.slice(called.stderr.indexOf("step "))).toMatch(named);
    },
    60_000,
  );

  test("a rank that fails ends the job with its own exit code and reason", async () => {
    const called = await train({ name: "failed", ranks: 2, args: [...set("tokenizer.train.size", 5000), ...set("model.language.vocabulary", 5000)] });
    expect(called).toMatchObject({ code: 1, stderr: expect.stringContaining("flamingo: rank 0: the text is too small for a vocabulary of 5000") as string });
  }, 60_000);

  test("processes that are alone although a launcher started several are refused", async () => {
    const environment = { FLAMINGO_MPI_LIBRARY: "libnothing.so" };
    expect(await train({ name: "no-library", ranks: 2, environment })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no MPI can be opened here (libnothing.so") as string,
    });
    const started = await runFlamingo(["train", join(folder, "config.json"), "--out", folder, ...set("name", "alone-of-2")], {
      environment: { OMPI_COMM_WORLD_SIZE: "2" },
    });
    expect(started).toMatchObject({ code: 1, stderr: expect.stringMatching(/sees this process alone, and mpirun started 2 processes/) as string });
  }, 60_000);
});

test("tasks of srun without MPI are refused, and the tasks of a batch script's own shell are one process", async () => {
  const called = await runFlamingo(["train", join(folder, "config.json"), "--out", folder], { environment: { SLURM_STEP_NUM_TASKS: "4" } });
  expect(called).toMatchObject({ code: 2, stderr: expect.stringContaining("add --mpi=pmix to srun") as string });
  const { launchOf } = await import("../../src/train/distribute/launcher.ts");
  expect(launchOf({ SLURM_NTASKS: "4" })).toBeUndefined();
  expect(launchOf({ SLURM_STEP_NUM_TASKS: "4", PMIX_RANK: "0" })).toEqual({ name: "srun", size: 4, mpi: undefined });
});

describe.skipIf(!has("mpirun.mpich"))("MPICH", () => {
  test("trains the same", async () => {
    for (const ranks of [1, 2]) {
      const called = await train({ name: `mpich-${ranks}`, launcher: "mpirun.mpich", ranks, args: set("data.0.rows", 8 / ranks) });
      expect(called).toMatchObject({ code: 0 });
    }
    expect(await difference("mpich-1", "mpich-2")).toBeLessThan(1e-5);
  }, 60_000);
});
