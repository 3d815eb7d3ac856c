/** Reports of real evaluations of nano, looked at in Chromium. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EvaluationReport } from "../../src/evaluate/report/results-file.ts";
import { writeQuestions } from "../evaluate/answering-questions.ts";
import { writeSample } from "../evaluate/benchmark-samples.ts";
import { launch, open, timeout } from "../playground/playground.ts";
import { runFlamingo } from "./run-flamingo.ts";

const below = await mkdtemp(join(tmpdir(), "flamingo-report-"));
const at = (name: string): string => join(below, name);
let browser: Browser;
let questions: string;
beforeAll(async () => {
  browser = await launch();
  const all = await writeQuestions(12);
  // Those with choices, so that one figure is of all questions.
  questions = join(dirname(all), "chosen.jsonl");
  const lines = (await readFile(all, "utf8")).split("\n").filter((line) => /"(?:support|choices)"/.test(line));
  await writeFile(questions, lines.join("\n"));
}, timeout);
afterAll(async () => {
  await browser.close();
  for (const folder of [below, dirname(questions)]) await rm(folder, { recursive: true, force: true });
}, timeout);

async function flamingo(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runFlamingo(args);
  expect({ code, stderr }, args.join(" ")).toMatchObject({ code: 0 });
  return stdout;
}

const report = async (file: string): Promise<EvaluationReport> => JSON.parse(await readFile(file, "utf8"));

test("a small evaluation of nano becomes a page with plots, controls and answers, and again without the model", { timeout: 3 * timeout }, async () => {
  const suite = ["--suite", "nano", "--only", "binding drawings, 2-way", "--limit", "4"];
  const files = ["--predictions", at("nano.jsonl"), "--out", at("nano.json"), "--report", at("nano.html")];
  await flamingo("evaluate", ...suite, "--baselines", "1", "--samples", "3", ...files);
  const results = await report(at("nano.json"));
  expect(results.samples).toHaveLength(9);
  for (const sample of results.samples) {
    // Drawings of the suite's tar, and the model's answer with everybody else's.
    expect(sample.examples[0]!.media).toEqual([{ kind: "image", path: expect.stringMatching(/\.webp$/) }]);
    expect(Object.keys(sample.answers)).toEqual(expect.arrayContaining(["model", "shuffled pictures", "majority of the examples", "nearest by pixels"]));
    expect(sample.scores["model"]).toBe(Number(sample.answers["model"] === sample.expected.trim()));
  }
  for (const { shots, ids, scores } of results.scores) {
    const { value } = results.results.find((each) => each.answerer === "model" && each.shots === shots)!.measures!["right"]!;
    expect(ids).toHaveLength(4);
    expect((100 * scores!.reduce((sum, each) => sum + each, 0)) / 4).toBeCloseTo(value, 9);
  }
  const page = await open(browser, pathToFileURL(at("nano.html")).href);
  expect(await page.locator("h1").textContent()).toBe("nano");
  const rows = await page.locator("section table").first().locator("tbody th[scope=row]").allTextContents();
  expect(rows).toEqual(
    expect.arrayContaining(["nano", "shuffled pictures", "wrong labels", "examples in words alone", "chance", "nearest by frozen features"]),
  );
  expect(await page.locator("svg.plot").getAttribute("aria-label")).toBe("binding drawings, 2-way: right over shots");
  expect(await page.locator("svg.plot circle").count()).toBe(3);
  expect(await page.locator("article.sample").count()).toBe(9);
  // All pictures that are shown are in the page, and are drawn.
  const shown = await page.locator("details[open] svg.picture use").evaluateAll((all) => all.map((use) => use.getAttribute("href")!));
  expect(shown.length).toBeGreaterThan(20);
  const stored = await page.locator("svg.store image").evaluateAll((all) => all.map((image) => [`#${image.id}`, image.getAttribute("href")!.slice(0, 23)]));
  expect(Object.fromEntries(stored)).toMatchObject(Object.fromEntries(shown.map((id) => [id, "data:image/jpeg;base64,"])));
  expect(
    await page
      .locator("details[open] svg.picture")
      .first()
      .evaluate((svg) => svg.getBoundingClientRect().height),
  ).toBeGreaterThan(50);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await page.addScriptTag({ content: axe.source });
    const { violations } = await page.evaluate<{ violations: { id: string }[] }>("axe.run()");
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
  // From the results alone, and from the predictions alone, the same page.
  await flamingo("report", at("nano.json"), "--out", at("again.html"));
  expect(await readFile(at("again.html"), "utf8")).toBe(await readFile(at("nano.html"), "utf8"));
  await flamingo("evaluate", ...suite, "--rescore", at("nano.jsonl"), "--samples", "3", "--out", at("rescored.json"), "--report", at("rescored.html"));
  expect(await readFile(at("rescored.html"), "utf8")).toBe(await readFile(at("nano.html"), "utf8"));
});

test("two runs are compared question by question, and a benchmark's examples are found again", { timeout: 3 * timeout }, async () => {
  const run = (name: string, ...more: readonly string[]): Promise<string> =>
    flamingo(
      "evaluate",
      "--benchmark",
      questions,
      "--shots",
      "0,2",
      "--beams",
      "1",
      ...more,
      "--predictions",
      at(`${name}.jsonl`),
      "--out",
      at(`${name}.json`),
    );
  await run("one");
  await run("other", "--seed", "2", "--baselines", "0");
  const printed = await flamingo("report", at("one.json"), at("other.json"), "--out", at("both.html"));
  expect(printed).toMatch(/^same questions +one +other +difference \(95% interval\) +of\n/);
  type Comparison = { shots: number; first: number; second: number; difference: { value: number; count: number }; samePrompts: boolean };
  const { runs, comparison } = JSON.parse(await flamingo("report", at("one.json"), at("other.json"), "--out", at("both.html"), "--json")) as {
    runs: { name: string }[];
    comparison: Comparison[];
  };
  expect(runs.map(({ name }) => name)).toEqual(["one", "other"]);
  expect(comparison).toMatchObject([
    { shots: 0, difference: { value: 0, low: 0, high: 0, count: 4 }, samePrompts: true },
    { shots: 2, difference: { count: 4 }, samePrompts: false },
  ]);
  expect(printed).toContain("written: ");
  await flamingo("evaluate", "--rescore", at("one.jsonl"), "--benchmark", questions, "--out", at("again.json"));
  const [first, again] = [await report(at("one.json")), await report(at("again.json"))];
  expect(again.samples).toEqual(first.samples);
  expect(again.findings).toEqual(first.findings);
  expect(again.tasks).toEqual(first.tasks);
});

test("published figures stand beside a benchmark's, and pictures that are gone are told", { timeout: 2 * timeout }, async () => {
  const data = await writeSample("coco", below);
  const asked = ["evaluate", "--benchmark", "coco", "--data", data, "--shots", "2", "--baselines", "0", "--beams", "1"];
  await flamingo(...asked, "--out", at("coco.json"), "--report", at("coco.html"));
  await flamingo(...asked, "--seed", "2", "--out", at("coco-2.json"));
  const { comparison, published } = JSON.parse(await flamingo("report", at("coco.json"), at("coco-2.json"), "--out", at("two.html"), "--json")) as {
    comparison: { figure: string; difference: { count: number }; samePrompts: boolean }[];
    published: { model: string; byShots: Record<string, number> }[];
  };
  expect(comparison).toMatchObject([{ figure: "CIDEr", difference: { count: 3 }, samePrompts: false }]);
  expect(published.find(({ model }) => model === "Flamingo-80B")!.byShots).toMatchObject({ 0: 84.3, 32: 113.8 });
  const page = await readFile(at("coco.html"), "utf8");
  for (const text of ["Flamingo-80B", "OpenFlamingo-9B", "IDEFICS-80B", "MM1-3B", "xGen-MM-base (4B)", "arXiv 2204.14198", "BLEU-4"])
    expect(page).toContain(text);
  expect(await readFile(at("two.html"), "utf8")).toContain("coco against coco-2");
  await rm(join(data, "val2014"), { recursive: true });
  const { code, stderr } = await runFlamingo(["report", at("coco.json"), "--out", at("gone.html")]);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^\d+ of \d+ pictures are not in the report: there is no file .*\.jpg/)]);
});

test("what is no results file is told in one line", async () => {
  const told = async (...args: readonly string[]) => {
    const { code, stderr } = await runFlamingo(args);
    return `${code}: ${stderr.trim().split("\n").at(-1)}`;
  };
  await writeFile(at("empty.json"), "{}");
  expect(await told("report", at("nothing.json"))).toMatch(/^1: .*there is no file/);
  expect(await told("report", at("empty.json"))).toMatch(/^1: .*holds no results of flamingo evaluate --out/);
  expect(await told("rate", at("empty.json"), at("empty.json"), at("empty.json"), "--mode", "preference")).toMatch(/^2: .*side by side; 3 are named/);
  expect(await told("rate", at("empty.json"), "--json")).toMatch(/^2: .*--json belongs to --summary/);
});
