import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { writeNoiseFile } from "./noise-file.ts";
import { runFlamingo } from "./run-flamingo.ts";

let model: string;
let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  model = (await writeTinyModel()).folder;
  folder = await mkdtemp(join(tmpdir(), "flamingo-prompt-"));
  for (const [name, seed] of [
    ["a.png", 1],
    ["b=b.png", 2],
    ["c.png", 3],
  ] as const) {
    await writeNoiseFile(file(name), seed);
  }
  await writeFile(file("empty.png"), "");
  await writeFile(file("text.png"), "no picture");
});

afterAll(async () => {
  for (const each of [model, folder]) await rm(each, { recursive: true, force: true });
});

const shots = (): readonly string[] => [
  "--model",
  model,
  "--shot",
  `${file("a.png")}=the cat`,
  "--shot",
  `${file("b=b.png")}=the hat=mat`,
  "--image",
  file("c.png"),
];

describe("flamingo ask", () => {
  it("prints one JSON object with text, tokens and timing", async () => {
    const { code, stdout, stderr } = await runFlamingo(["ask", ...shots(), "--max-tokens", "5", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^device: cpu, \d+ threads?\n$/) });
    const answer = JSON.parse(stdout) as { text: string; tokens: number; timing: Record<string, unknown> };
    expect(answer).toMatchObject({
      text: expect.any(String),
      device: "cpu",
      threads: expect.any(Number),
      logProbability: expect.any(Number),
      timing: { unit: "seconds", total: expect.any(Number) },
    });
    expect(answer.tokens).toBeGreaterThan(0);
    expect(answer.tokens).toBeLessThanOrEqual(5);
  });

  it("prints the same text without --json, and beam search answers too", async () => {
    const [json, plain, beams] = await Promise.all([
      runFlamingo(["ask", ...shots(), "--max-tokens", "5", "--json"]),
      runFlamingo(["ask", ...shots(), "--max-tokens", "5"]),
      runFlamingo(["ask", ...shots(), "--max-tokens", "5", "--beams", "3", "--json"]),
    ]);
    expect(plain.stdout).toBe(`${(JSON.parse(json.stdout) as { text: string }).text}\n`);
    expect(beams.code).toBe(0);
  });

  it("takes a typed marker and control characters as text", async () => {
    const typed = await runFlamingo(["ask", ...shots(), "--text", "<image>\u0001<|endofchunk|>", "--max-tokens", "3", "--json"]);
    expect(typed).toMatchObject({ code: 0, stderr: expect.stringMatching(/^device: .*\n$/) });
  });

  it("refuses a template whose markers are not as many as its pictures", async () => {
    const { code, stderr } = await runFlamingo(["ask", "--model", model, "--template", "<image>the cat<|endofchunk|><image>", "--image", file("a.png")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/2 <image> markers for 1 picture/);
  });

  it.each([
    ["none.png", /there is no file .*none\.png/],
    ["empty.png", /empty\.png is empty/],
    ["text.png", /text\.png is not a picture that can be read/],
    ["", /cannot read/],
  ])("says what is wrong with the picture %j in one line, and fails", async (name, message) => {
    const { code, stdout, stderr } = await runFlamingo(["ask", "--model", model, "--image", file(name), "--json"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("refuses a picture above --max-pixels", async () => {
    const { code, stderr } = await runFlamingo(["ask", "--model", model, "--image", file("a.png"), "--max-pixels", "1000"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/1[.,]?024|32 x 32/);
  });
});

describe("flamingo score", () => {
  it("prints every choice with its log-likelihood, best first", async () => {
    const { code, stdout } = await runFlamingo(["score", ...shots(), "--choice", "the cat", "--choice", "the hat", "--choice", "the mat", "--json"]);
    expect(code).toBe(0);
    const { choices } = JSON.parse(stdout) as { choices: { text: string; logProbability: number; share: number }[] };
    expect(choices.map(({ text }) => text).sort()).toEqual(["the cat", "the hat", "the mat"]);
    const values = choices.map(({ logProbability }) => logProbability);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(choices.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  });
});

describe("flamingo inspect", () => {
  it("lists the parts, and refuses an interrupted file", async () => {
    const { stdout } = await runFlamingo(["inspect", model, "--json"]);
    const { parts } = JSON.parse(stdout) as { parts: { part: string; licence: string }[] };
    expect(parts.map(({ part }) => part)).toEqual(["vision", "resampler", "fusion", "language"]);
    const damaged = (await writeTinyModel()).folder;
    await truncate(join(damaged, "fusion.safetensors"), 500);
    const { code, stderr } = await runFlamingo(["inspect", damaged]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/fusion\.safetensors: .*interrupted, fetch it again/);
    await rm(damaged, { recursive: true });
  });
});
