/** Labelling of many pictures, alone and shared. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { png } from "../serve/listening.ts";
import { runFlamingo } from "./run-flamingo.ts";

const below = await mkdtemp(join(tmpdir(), "flamingo-label-"));
const pictures = join(below, "pictures");
let model: string;
let shots: string[];
beforeAll(async () => {
  ({ folder: model } = await writeTinyModel());
  await mkdir(join(pictures, "more"), { recursive: true });
  for (let i = 0; i < 40; i++) await writeFile(join(pictures, i % 2 === 0 ? "." : "more", `${i}.png`), await png(i, 16, 16));
  await writeFile(join(pictures, "notes.txt"), "no picture");
  shots = ["--shot", `${join(pictures, "0.png")}=a red one`, "--shot", `${join(pictures, "2.png")}=a blue one`];
});
afterAll(async () => {
  for (const folder of [below, model]) await rm(folder, { recursive: true, force: true });
});

const settings = ["--max-tokens", "6", "--device", "cpu", "--json"];
const label = async (what: string, out: string, ...more: readonly string[]) =>
  runFlamingo(["label", what, "--model", model, "--out", out, ...shots, ...settings, ...more]);
const linesOf = async (file: string): Promise<readonly { image: string; text?: string; answer?: string; error?: string; scores?: number[] }[]> =>
  (await readFile(file, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("a folder of pictures becomes lines: those that `ask --queries` gives, shared or not, killed or not", async () => {
  const out = join(below, "alone.jsonl");
  const alone = await label(pictures, out, "--text", "Colour:");
  expect({ code: alone.code, stderr: alone.stderr }).toMatchObject({ code: 0 });
  expect(JSON.parse(alone.stdout)).toMatchObject({ answers: 40, failed: 0, out });
  const lines = await linesOf(out);
  expect(lines.map(({ image }) => image)).toEqual(lines.map(({ image }) => image).toSorted());
  const queries = join(pictures, "queries.jsonl");
  await writeFile(queries, lines.map(({ image, text }) => JSON.stringify({ image, text })).join("\n"));
  const asked = await runFlamingo(["ask", "--model", model, ...shots, "--queries", queries, ...settings]);
  const { answers } = JSON.parse(asked.stdout) as { answers: { text: string }[] };
  expect(lines.map(({ answer }) => answer)).toEqual(answers.map(({ text }) => text.trim()));

  const shared = join(below, "shared.jsonl");
  const worker = (kill: boolean) =>
    runFlamingo(["label", queries, "--model", model, "--out", shared, ...shots, ...settings, "--queue", "local", "--shards", "2", "--lease", "3"], {
      toAll: true,
      watch: (stderr, send) => {
        if (kill && /^shard \d+ of 2/m.test(stderr)) send("SIGKILL");
      },
    });
  expect((await worker(true)).signal).toBe("SIGKILL");
  const two = await Promise.all([worker(false), worker(false)]);
  expect(two.map(({ code, stderr }) => ({ code, stderr }))).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect(await readFile(shared, "utf8")).toBe(await readFile(out, "utf8"));
}, 300_000);

test("choices are ranked; a picture that cannot be read ends the labelling, or has a line that says why", async () => {
  const file = join(pictures, "bad.jsonl");
  await writeFile(file, ['{"image": "4.png"}', '{"image": "notes.txt"}', '{"image": "6.png"}'].join("\n"));
  const out = join(below, "bad-out.jsonl");
  const choices = ["--choice", " red", "--choice", " blue"];
  const ended = await label(file, out, ...choices);
  expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("notes.txt") });
  const went = await label(file, out, "--keep-going", ...choices);
  expect({ code: went.code, stderr: went.stderr }).toMatchObject({ code: 1 });
  const lines = await linesOf(out);
  expect(lines).toMatchObject([
    { image: "4.png", answer: expect.stringMatching(/^(red|blue)$/), scores: [expect.any(Number), expect.any(Number)] },
    { image: "notes.txt", error: expect.stringContaining("notes.txt") },
    { image: "6.png", answer: expect.stringMatching(/^(red|blue)$/) },
  ]);
  const empty = join(below, "empty");
  await mkdir(empty);
  expect((await label(empty, out)).stderr).toMatch(/empty has no pictures: files that end in/);
}, 300_000);
