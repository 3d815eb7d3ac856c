import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeSample } from "../evaluate/benchmark-samples.ts";
import { runFlamingo } from "./run-flamingo.ts";

const below = await mkdtemp(join(tmpdir(), "flamingo-evaluate-"));
afterAll(() => rm(below, { recursive: true, force: true }));

const evaluate = (...args: readonly string[]) => runFlamingo(["evaluate", ...args]);

test("COCO is asked after no examples but two in words, and after two with their pictures", async () => {
  const data = await writeSample("coco", below);
  const { code, stdout, stderr } = await evaluate("--benchmark", "coco", "--data", data, "--shots", "0,2", "--json");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toContain("COCO, 0 shots: asked after 2 examples in words alone, as the paper does");
  const report = JSON.parse(stdout) as {
    split: string;
    beams: number;
    results: { shots: number; answerer: string; questions: number; measures: Record<string, { value: number; count: number }> }[];
  };
  expect([report.split, report.beams]).toEqual(["test", 3]);
  const ofModel = report.results.filter(({ answerer }) => answerer === "model");
  expect(ofModel.map(({ shots, questions, measures }) => [shots, questions, measures["CIDEr"]!.count])).toEqual([
    [0, 3, 3],
    [2, 3, 3],
  ]);
});

test("VQAv2's test-dev becomes a file for its server, and other splits a table", async () => {
  const data = await writeSample("vqav2", below);
  const file = join(below, "answers.json");
  const dev = await evaluate("--benchmark", "vqav2", "--data", data, "--split", "test-dev", "--shots", "2", "--export", `submission=${file}`);
  expect(dev).toMatchObject({ code: 0, stdout: "the right answers of this split are with its evaluation server; write --export submission=FILE for it\n" });
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual([{ question_id: 90, answer: expect.any(String) }]);
  const val = await evaluate("--benchmark", "vqav2", "--data", data, "--shots", "0,2", "--trials", "2", "--beams", "1", "--limit", "2");
  expect({ code: val.code, stderr: val.stderr }).toMatchObject({ code: 0 });
  const lines = val.stdout.split("\n").map((line) => line.split(/ {2,}/));
  expect(lines[0]!.slice(0, 2)).toEqual(["% (95% interval)", "model"]);
  const rows = ["0 shots (2 in words)", "2 shots"].flatMap((shots) => ["accuracy", "as OpenFlamingo"].map((name) => `VQAv2, ${shots}: ${name}`));
  expect(lines.map(([name]) => name)).toEqual(expect.arrayContaining(rows));
  expect(lines[1]![1]).toMatch(/^\d+\.\d ± \d+\.\d$/);
});

test("a benchmark of one's own is a file", async () => {
  const data = await writeSample("textvqa", below);
  const file = join(data, "mine.jsonl");
  const line = (image: string, more: object) => JSON.stringify({ image: `train_images/${image}.jpg`, ...more });
  await writeFile(
    file,
    [
      line("abc1", { question: "What is this?", answer: "noise", support: true }),
      line("abc2", { question: "What is this?", answer: ["noise", "colours"], support: true }),
      line("vabc1", { question: "What is this?", answer: ["noise", "colours"] }),
      line("vabc2", { question: "Is this noise?", answer: "yes", choices: ["yes", "no"] }),
      line("vabc3", { answer: ["noise of many colours"] }),
    ].join("\n"),
  );
  const { code, stdout, stderr } = await evaluate("--benchmark", file, "--shots", "1", "--json");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const [result] = (JSON.parse(stdout) as { results: { answerer: string; measures: Record<string, { count: number }> }[] }).results;
  expect(Object.entries(result!.measures).map(([name, { count }]) => [name, count])).toEqual([
    ["accuracy of choices", 1],
    ["accuracy", 1],
    ...["CIDEr", "BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L"].map((name) => [name, 1]),
  ]);
});

test("what cannot be asked is told in one line", async () => {
  const told = async (...args: readonly string[]) => {
    const { code, stderr } = await evaluate(...args);
    return `${code}: ${stderr.trim().split("\n").at(-1)}`;
  };
  expect(await told("--benchmark", "cocoo", "--data", below)).toMatch(/^2: .*there is no benchmark "cocoo"; there are: coco, flickr30k, vqav2/);
  expect(await told("--benchmark", "coco")).toMatch(/^2: .*needs --data FOLDER/);
  expect(await told("--benchmark", "rareact", "--data", below)).toMatch(/^2: .*--shots 4: RareAct is asked with at most 0/);
  expect(await told("--benchmark", "coco", "--data", below, "--split", "train")).toMatch(/^2: .*--split train: COCO has test, val/);
  expect(await told("--data", below)).toMatch(/^2: .*--data would do nothing: it belongs to a --benchmark/);
  expect(await told("--benchmark", "vatex", "--data", below)).toMatch(/^1: .*there is no file .*vatex_(?:training_v1\.0|public_test_english_v1\.1)\.json/);
});
