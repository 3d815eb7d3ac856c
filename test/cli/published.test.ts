import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixtures, pictures, readReference } from "../parity/published-model.ts";
import { runFlamingo } from "./run-flamingo.ts";

describe.each(["openflamingo-neox", "openflamingo-neox-every-2", "openflamingo-mpt", "openflamingo-mosaic-gpt", "idefics"])("%s", (name) => {
  const folder = join(fixtures, name);

  test("inspect shows every part without reading weights", async () => {
    const { code, stdout, stderr } = await runFlamingo(["inspect", folder, "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout) as {
      parameters: { total: number; parts: Record<string, number> };
      memoryBytes: number;
      parts: { part: string; parameters: number; dtypes: string[]; bytes: number; from: { licence: string; source: string; files: unknown[] }[] }[];
    };
    expect(report.parts.map(({ part }) => part)).toEqual(["vision", "resampler", "fusion", "language"]);
    expect(report.memoryBytes).toBe(4 * report.parameters.total);
    expect(report.parts.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(report.parameters.total);
    for (const { dtypes, from } of report.parts) {
      expect(dtypes).toEqual([name === "idefics" ? "bfloat16" : "float32"]);
      expect(from[0]).toMatchObject({ licence: "Apache-2.0", source: expect.stringContaining("published.py") as string });
      expect(from[0]!.files.length).toBeGreaterThan(0);
    }
    // What is stored is what is counted, where nothing else is in the same tensors.
    const [vision] = report.parts;
    expect(vision!.bytes).toBe(vision!.parameters * (name === "idefics" ? 2 : 4));
  });

  test("ask answers with what the reference says; score compares", async () => {
    const { reference } = await readReference(name);
    const one = reference.prompts.find((prompt) => prompt.name === "one")!;
    const image = ["--image", pictures[one.pictures[0]!]!, "--text", "An image of", "--device", "cpu"];
    const asked = await runFlamingo(["ask", "--model", folder, ...image, "--max-tokens", "8", "--json"]);
    expect([asked.code, asked.stderr]).toEqual([0, ""]);
    expect(JSON.parse(asked.stdout)).toMatchObject({ tokens: one.greedy.length });
    const scored = await runFlamingo(["score", "--model", folder, ...image, "--choice", "it is", "--choice", "a red", "--open", "--json"]);
    expect(scored.code).toBe(0);
    const { choices } = JSON.parse(scored.stdout) as { choices: { text: string; logProbability: number }[] };
    expect(choices.find(({ text }) => text === "it is")!.logProbability).toBeCloseTo(one.continuations[reference.choices.indexOf("it is")]!, 3);
  });
});

test("inspect as text: parts, then where they come from", async () => {
  const { stdout } = await runFlamingo(["inspect", join(fixtures, "openflamingo-mpt")]);
  expect(stdout).toMatch(/^openflamingo-mpt in \S+, as published \(openflamingo\)\n[\d,]+ parameters, .* of memory for weights; 64 tokens at most\n/);
  expect(stdout).toMatch(/\n {2}vision +[\d,]+ {2}float32 {2}[\d.]+ kB {2}Apache-2\.0\n/);
  expect(stdout).toMatch(/From:\n {2}random weights/);
});
