import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { TextReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BenchmarkFiles } from "../../src/evaluate/benchmarks/benchmark-files.ts";
import { coco } from "../../src/evaluate/benchmarks/karpathy.ts";
import { englishStem } from "../../src/evaluate/metrics/meteor/english-stem.ts";
import { meteor } from "../../src/evaluate/metrics/meteor/meteor.ts";
import { openMeteorFiles } from "../../src/evaluate/metrics/meteor/meteor-files.ts";
import { writeSample } from "./benchmark-samples.ts";

/** What METEOR 1.5's own program says, and what it looked up (tools/reference/meteor.py). */
const fixture = JSON.parse(await readFile(new URL("../fixtures/evaluate/meteor.json", import.meta.url), "utf8")) as {
  readonly pairs: readonly { readonly candidate: string; readonly references: readonly string[]; readonly score: number }[];
  readonly whole: number;
  readonly files: Readonly<Record<string, string>>;
};

const below = await mkdtemp(join(tmpdir(), "flamingo-meteor-"));
afterAll(() => rm(below, { recursive: true, force: true }));
const files = new Map<string, Uint8Array>();
const read = async (name: string): Promise<Uint8Array> => files.get(name)!;
beforeAll(async () => {
  const jar = new ZipWriter(new Uint8ArrayWriter());
  const { paraphrases, ...lists } = fixture.files;
  for (const [name, text] of Object.entries(lists)) await jar.add(name, new TextReader(text));
  files.set("meteor-1.5.jar", await jar.close());
  files.set("data/paraphrase-en.gz", gzipSync(paraphrases!));
});

test("METEOR is that of its own program, caption by caption and all together", async () => {
  const { thesaurus, abbreviations } = await openMeteorFiles(
    read,
    fixture.pairs.flatMap(({ references }) => references),
  );
  const metric = meteor(thesaurus, abbreviations);
  const parts = metric.parts(fixture.pairs);
  for (const [i, { score, ...pair }] of fixture.pairs.entries()) expect(metric.score!(parts[i]!), JSON.stringify(pair)).toBeCloseTo(score, 9);
  expect(metric.whole(parts)).toBeCloseTo(fixture.whole, 9);
  // Every way to match occurs, so that each is held against the program.
  const matched = [0, 1, 2, 3].map((module) => parts.reduce((sum, { caption }) => sum + caption.content[module]! + caption.function[module]!, 0));
  expect(Math.min(...matched)).toBeGreaterThan(5);
  expect(metric.whole(metric.parts([{ candidate: "", references: ["a dog"] }]))).toBe(0);
});

test("words have the stems of the program's stemmer", () => {
  const stems = {
    naysayers: "naysay",
    howe: "howe",
    aed: "a",
    "38th": "38th",
    "'hood": "hood",
    generously: "generous",
    hopping: "hop",
    hoping: "hope",
    skies: "sky",
    flies: "fli",
    relational: "relat",
  };
  expect(Object.fromEntries(Object.keys(stems).map((word) => [word, englishStem(word)]))).toEqual(stems);
});

test("a benchmark of captions has METEOR where its files are", async () => {
  const folder = await writeSample("coco", below);
  const figures = async (): Promise<readonly string[]> => {
    const opened = await coco.open(new BenchmarkFiles(folder), "test");
    return Object.keys(opened.measure(opened.queries.map((question) => ({ question, answer: { text: "a red bus" } })))!);
  };
  expect(await figures()).not.toContain("METEOR");
  await mkdir(join(folder, "meteor/data"), { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(folder, "meteor", name), bytes);
  expect(await figures()).toEqual(["CIDEr", "BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "METEOR", "ROUGE-L"]);
  await writeFile(join(folder, "meteor/data/paraphrase-en.gz"), "no gzip");
  await expect(figures()).rejects.toThrow(/METEOR's paraphrase-en\.gz cannot be read/);
});
