/** A model with one weight that is NaN: every command that computes with it fails, and prints no answer. */
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";
import { runFlamingo } from "./run-flamingo.ts";

const weight = "language.blocks.1.attention.query.weight";
const out = join(tmpdir(), `flamingo-never-${process.pid}`);
let model: string;
beforeAll(async () => {
  model = (await writeTinyModel(tinyConfig, 5, (path, values) => void (path === weight && values.fill(Number.NaN, 9, 10)))).folder;
});
afterAll(() => rm(model, { recursive: true }));

it.each([
  ["ask", "--model", "MODEL", "--text", "the"],
  ["ask", "--model", "MODEL", "--text", "the", "--beams", "3", "--json"],
  ["score", "--model", "MODEL", "--text", "the", "--choice", "a", "--choice", "the cat"],
  ["evaluate", "--model", "MODEL", "--limit", "1", "--only", "colour"],
  ["convert", "MODEL", "--weights", "int8", "--out", out],
])("%s %s %s %s %s", async (...args) => {
  const { code, stdout, stderr } = await runFlamingo(args.map((each) => (each === "MODEL" ? model : each)));
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(new RegExp(`${weight} holds (values that are no numbers \\(NaN or Infinity\\)|NaN, which)`));
  expect(stderr).not.toMatch(/^\s+at /m);
});
