import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeQuestions } from "../evaluate/answering-questions.ts";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { runFlamingo } from "./run-flamingo.ts";

const below = await mkdtemp(join(tmpdir(), "flamingo-features-"));
const { folder: model } = await writeTinyModel();
const questions = await writeQuestions(6);
afterAll(async () => {
  for (const folder of [below, model, dirname(questions)]) await rm(folder, { recursive: true, force: true });
});

test("RICES with features in a file chooses what it chooses without, and makes them once", async () => {
  const features = join(below, "features.npy");
  const settings = ["--benchmark", questions, "--select", "rices", "--shots", "1,2", "--beams", "1", "--limit", "4", "--baselines", "0", "--device", "cpu"];
  const run = async (file: string, ...more: readonly string[]): Promise<string> => {
    const { code, stderr } = await runFlamingo(["evaluate", "--model", model, ...settings, ...more, "--predictions", join(below, file)]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return readFile(join(below, file), "utf8");
  };
  const without = await run("without.jsonl");
  expect(await run("first.jsonl", "--features", features)).toBe(without);
  const { mtimeMs, size } = await stat(features);
  expect(size).toBeGreaterThan(128);
  expect(await run("again.jsonl", "--features", features)).toBe(without);
  expect((await stat(features)).mtimeMs).toBe(mtimeMs);
  const told = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await runFlamingo(["evaluate", ...args]);
    return `${code}: ${stderr.trim().split("\n").at(-1)}`;
  };
  expect(await told("--model", model, ...settings, "--pool", "4", "--features", features)).toMatch(/^1: .*features\.npy holds features of other pictures/);
  expect(await told("--benchmark", questions, "--features", features)).toMatch(/^2: .*--features would do nothing: they are what --select rices compares/);
}, 300_000);
