/** Training that is ended in the middle: by kill -9, and in a step that takes long. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Random } from "../../src/data/random.ts";
import { tiny } from "../train/counting.ts";
import { type Called, runFlamingo } from "./run-flamingo.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-train-ends-"));
  const words = ["one", "two", "three", "four", "five", "six"];
  const page = (i: number): string => JSON.stringify({ pieces: [{ text: words.map((_, j) => words[(i * j + j) % words.length]).join(" ") }] });
  await mkdir(join(folder, "pages"));
  for (const shard of [0, 1, 2])
    await writeFile(join(folder, "pages", `${shard}.jsonl`), `${[1, 2, 3, 4, 5, 6, 7].map((i) => page(7 * shard + i)).join("\n")}\n`);
  await writeFile(join(folder, "words.ts"), moduleText);
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const moduleText = `export default () => ({
  document: (random) => [{ kind: "text", text: Array.from({ length: 60 }, () => random.pick(["red", "green", "blue"])).join(" "), learn: true }],
  vocabularyTexts: () => ["one two three four five six red green blue and a word that is as long as another, so that there are pairs enough"],
});`;

const config = {
  name: "killed",
  stage: "language",
  model: { ...tiny.model, language: { ...tiny.model.language, vocabulary: 300, blocks: 1, maxTokens: 64 } },
  tokenizer: { train: { size: 300 } },
  data: [
    { kind: "jsonl", name: "pages", paths: "PAGES", rows: 2, bucket: 2, shuffle: 5 },
    { kind: "module", name: "words", module: "./words.ts", rows: 2, tokens: 16 },
  ],
  optimiser: { learningRate: 0.01, averageDecay: 0.9 },
  train: { steps: 120, seed: 3, saveEvery: 3, keep: { last: 2 } },
};

const train = (args: readonly string[], options: Parameters<typeof runFlamingo>[1] = {}): Promise<Called> =>
  runFlamingo(
    [
      "train",
      join(folder, "config.json"),
      "--set",
      `data.0.paths=${join(folder, "pages")}`,
      "--out",
      join(folder, "runs"),
      "--threads",
      "1",
      "--json",
      ...args,
    ],
    options,
  );

/** Size of what a run has told so far. */
const told = (name: string): Promise<number> =>
  stat(join(folder, "runs", name, "events.jsonl")).then(
    ({ size }) => size,
    () => 0,
  );

it("kill -9 at ten random moments leaves what an uninterrupted run would have left, to the last bit", async () => {
  const whole = await train(["--set", "name=whole"]);
  expect(whole).toMatchObject({ code: 0 });
  const random = new Random("kill");
  let killed = 0;
  let ended: Called | undefined;
  while (ended === undefined) {
    // Ten times it comes a few steps further, of which some are done again: the moment is anywhere in a step, or while a checkpoint is written.
    const [bytes, delay] = [random.integer(300, 2500), random.between(0, 25)];
    const begin = await told("killed");
    let over = false;
    const call = train(["--resume"], {
      toAll: true,
      started: async (send) => {
        if (killed === 10) return;
        while (!over && (await told("killed")) - begin < bytes) await pause(2);
        await pause(delay);
        send("SIGKILL");
      },
    });
    const result = await call;
    over = true;
    if (result.signal === "SIGKILL" || result.code === 137) killed++;
    else ended = result;
  }
  expect(killed).toBe(10);
  expect(ended).toMatchObject({ code: 0 });
  const files = (name: string): Promise<Buffer[]> =>
    Promise.all(["language.safetensors", "tokenizer.json"].map((file) => readFile(join(folder, "runs", name, file))));
  expect(await files("killed")).toEqual(await files("whole"));
  const events = (await readFile(join(folder, "runs", "killed", "events.jsonl"), "utf8")).trim().split("\n");
  const steps = events.map((line) => JSON.parse(line) as { type: string; step: number }).filter(({ type }) => type === "step");
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
}, 600_000);

it("Ctrl-C does not wait for a step that takes long: the state before it is kept", async () => {
  const long = {
    ...config,
    name: "long",
    model: { ...config.model, language: { ...config.model.language, width: 1024, hidden: 4096, heads: 8 } },
    data: [
      { ...config.data[1], name: "short", rows: 1, until: 2 },
      { ...config.data[1], name: "long", rows: 128, tokens: 64, from: 2 },
    ],
  };
  await writeFile(join(folder, "long.json"), JSON.stringify(long));
  const called = await runFlamingo(["train", join(folder, "long.json"), "--out", join(folder, "runs"), "--threads", "1", "--json"], {
    toAll: true,
    started: async (send) => {
      while (!(await readFile(join(folder, "runs", "long", "events.jsonl"), "utf8").catch(() => "")).includes('"step":2,')) await pause(20);
      // Long enough for the third step to have begun, and not nearly for it to end.
      await pause(1000);
      send("SIGINT");
    },
  });
  expect(called).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/\nstopping\nflamingo: stopped; the same command with --resume goes on\n$/) as string,
  });
  expect(JSON.parse(called.stdout)).toMatchObject({ finished: false, step: 2 });
  const lines = (await readFile(join(folder, "runs", "long", "events.jsonl"), "utf8")).trim().split("\n");
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: "saved", step: 2 });
}, 120_000);
