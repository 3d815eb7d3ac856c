/** The rating page, driven in Chromium from the first answer to what the ratings come to; and what is no judgement. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readReports } from "../../src/cli/named-report.ts";
import { ratedPictures } from "../../src/cli/rated-pictures.ts";
import { orderFor, planRatings, type RatingMode, type RatingPlan } from "../../src/evaluate/ratings/rating-plan.ts";
import type { WrittenSample } from "../../src/evaluate/results.ts";
import { ShownMedia } from "../../src/evaluate/shown-media.ts";
import { createRatingApp } from "../../src/serve/rating/rating-app.ts";
import { type RatingServer, startRatingServer } from "../../src/serve/rating/rating-server.ts";
import { RatingStore } from "../../src/serve/rating/rating-store.ts";
import { runFlamingo } from "../cli/run-flamingo.ts";
import { launch, open, timeout } from "../playground/playground.ts";
import { png } from "./listening.ts";

const below = await mkdtemp(join(tmpdir(), "flamingo-rate-"));
const count = 6;
const media = new ShownMedia();
const pictures = ratedPictures(() => media);
let browser: Browser;
const files = ["good", "bad"].map((name) => join(below, `${name}.json`));
beforeAll(async () => {
  for (let i = 0; i < count; i++) await writeFile(join(below, `${i}.png`), await png(i, 60, 40));
  const pictured = (i: number) => [{ kind: "image", path: join(below, `${i}.png`) }] as const;
  for (const [system, file] of files.entries()) {
    const samples = Array.from(
      { length: count },
      (_, i): WrittenSample => ({
        ...{ task: "captions", shots: 1, trial: 0, id: i, expected: " noise", scores: {} },
        examples: [{ media: pictured((i + 1) % count), text: "Output: noise" }],
        asked: { media: pictured(i), text: "Output:" },
        answers: { model: system === 0 ? `<b>good</b> ${i}` : `bad ${i}` },
      }),
    );
    const results = { format: 2, model: system === 0 ? "good" : "bad", opened: {}, provenance: {}, tasks: [], results: [], findings: [], scores: [], samples };
    await writeFile(file, JSON.stringify(results));
  }
  browser = await launch();
}, timeout);
afterAll(async () => {
  await browser.close();
  await rm(below, { recursive: true, force: true });
}, timeout);

async function plannedFor(mode: RatingMode, names: readonly string[]): Promise<RatingPlan> {
  const reports = await readReports(names);
  return planRatings(
    reports.map(({ name, report }) => ({ name, samples: report.samples })),
    { mode, seed: 1 },
  );
}

async function serve(plan: RatingPlan, ratings: string): Promise<RatingServer & { readonly stop: () => Promise<void> }> {
  const store = new RatingStore(join(below, ratings), plan);
  const server = await startRatingServer({ plan, store, pictures, showExpected: false }, { host: "127.0.0.1", port: 0 });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await server.close();
    store.close();
  };
  onTestFinished(stop);
  return { ...server, stop };
}

async function begin(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
}

const cellsOf = (rows: readonly unknown[]): [string, string][] =>
  rows.map((row) => Array.from((row as { readonly cells: readonly { readonly textContent: string }[] }).cells, (cell) => cell.textContent) as [string, string]);

/** In a browser's words. */
const widthOf = (image: unknown): number => (image as { readonly naturalWidth: number }).naturalWidth;

const place = (page: Page): Promise<string | null> => page.getByRole("heading", { level: 1 }).textContent();

async function press(page: Page, key: string): Promise<void> {
  const before = page.url();
  await page.keyboard.press(key);
  await page.waitForURL((url) => url.href !== before);
  await page.getByRole("heading", { level: 1 }).waitFor();
}

async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    // Policy lets no script in but the page's own, so it is run beside the page.
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<{ violations: { id: string }[] }>("axe.run()");
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
}

test("two systems side by side: judged by keys, gone on with after a restart, by two people, to the summary", { timeout: 3 * timeout }, async () => {
  const plan = await plannedFor("preference", files);
  const first = await serve(plan, "preference.sqlite");
  const page = await open(browser, first.url, { viewport: { width: 360, height: 740 } });
  await accessible(page);
  await begin(page, "Ada L.");
  expect(await place(page)).toBe(`1 of ${count}`);
  await accessible(page);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  // The picture that is asked about is there, and nothing says whose the answers are.
  expect(await page.locator("main > .pictures img").evaluate(widthOf)).toBe(60);
  expect(await page.locator("head").innerHTML()).not.toMatch(/good|bad/);
  const order = orderFor(plan, "Ada L.");
  const sides: string[] = [];
  const judge = async (of: Page, better: "good" | "bad"): Promise<void> => {
    const [left, right] = await of.locator(".answer .text").allTextContents();
    // What a model wrote is text.
    expect([left, right].toSorted()[0]).toMatch(/^<b>good<\/b> \d$/);
    const side = left!.includes(better) ? "ArrowLeft" : "ArrowRight";
    sides.push(side);
    await press(of, side);
  };
  for (let i = 0; i < 3; i++) {
    expect(await page.locator(".answer .text").allTextContents()).toEqual(expect.arrayContaining([...order[i]!.answers]));
    await judge(page, "good");
  }
  expect(await place(page)).toBe(`4 of ${count}`);
  await first.stop();

  const second = await serve(plan, "preference.sqlite");
  const again = await open(browser, second.url);
  await again.getByRole("link", { name: "Ada L." }).click();
  expect(await place(again)).toBe(`4 of ${count}`);
  // One judgement is taken back: equally good.
  await again.getByRole("link", { name: "Back" }).click();
  expect(await place(again)).toBe(`3 of ${count}`);
  expect(await again.locator('button[aria-pressed="true"]').textContent()).toContain(sides[2] === "ArrowLeft" ? "left" : "right");
  await press(again, "ArrowDown");
  expect(await place(again)).toBe(`4 of ${count}`);
  for (let i = 3; i < count; i++) await judge(again, "good");
  expect(await place(again)).toBe(`All ${count} judged`);
  expect(new Set(sides).size).toBe(2);

  await again.goto(second.url);
  await begin(again, "Bob");
  for (let i = 0; i < count; i++) await judge(again, i === 0 ? "bad" : "good");
  await again.getByRole("link", { name: "What the ratings come to" }).click();
  await accessible(again);
  const rows = await again.locator("table tr").evaluateAll(cellsOf);
  expect(Object.fromEntries(rows)).toMatchObject({
    judged: `${count} (${count} by two or more)`,
    "good better": "10",
    "bad better": "1",
    "equally good": "1",
    "preference for good, %": expect.stringMatching(/^8\d\.\d \(\d+\.\d to \d+\.\d\), 6 questions: good is preferred$/),
    "Krippendorff's alpha": expect.stringMatching(/^-?\d\.\d{3} \(-?\d\.\d{3} to -?\d\.\d{3}\), ordinal$/),
  });
  expect(await again.locator("li").allTextContents()).toEqual(["Ada L.: 6 of 6", "Bob: 6 of 6"]);
  await second.stop();

  // The command says the same of the file.
  const command = ["rate", ...files, "--ratings", join(below, "preference.sqlite"), "--summary"];
  const printed = await runFlamingo(command);
  expect({ code: printed.code, stderr: printed.stderr }).toMatchObject({ code: 0 });
  expect(printed.stdout).toMatch(/preference for good, % +8\d\.\d .*good is preferred\n/);
  const { preference, ratings, alpha } = JSON.parse((await runFlamingo([...command, "--json"])).stdout) as {
    preference: { first: number; second: number; equal: number };
    ratings: { rater: string }[];
    alpha: { level: string };
  };
  expect(preference).toMatchObject({ first: 10, second: 1, equal: 1 });
  expect(ratings).toHaveLength(2 * count);
  expect(alpha.level).toBe("ordinal");
  // Scores are another thing than preferences.
  const other = await runFlamingo(["rate", ...files, "--mode", "score", "--ratings", join(below, "preference.sqlite"), "--summary"]);
  expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/preference\.sqlite holds ratings of other answers/)]);
});

test("one system's answers are scored with the keys 1 to 5, or by clicks without any script", { timeout: 2 * timeout }, async () => {
  const plan = await plannedFor("score", [files[0]!]);
  const server = await serve(plan, "score.sqlite");
  const page = await open(browser, server.url);
  await begin(page, "Ada");
  await page.getByText("1 examples came before").click();
  await expect.poll(() => page.locator(".examples img").evaluate(widthOf), { timeout }).toBe(60);
  // To the next one unjudged, and back.
  await press(page, "ArrowRight");
  expect(await place(page)).toBe(`2 of ${count}`);
  await press(page, "ArrowLeft");
  for (const key of ["5", "4", "5", "1", "3", "4"]) await press(page, key);
  expect(await place(page)).toBe(`All ${count} judged`);
  const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await plain.goto(`${server.url}/judge?rater=${encodeURIComponent("Zoë")}`);
  for (let i = 0; i < count; i++) await plain.getByRole("button", { name: "good" }).click();
  await plain.getByRole("link", { name: "What the ratings come to" }).click();
  // Means of each answer's two scores: (22 + 24) / 12.
  expect(await plain.locator("table").textContent()).toMatch(/good: mean score of 1 to 5\s*3\.83 \(\d\.\d\d to \d\.\d\d\), 6 answers/);
  await plain.context().close();
});

test("what is no judgement is refused, and nothing is kept", async () => {
  const plan = await plannedFor("score", [files[0]!]);
  const store = new RatingStore(join(below, "refused.sqlite"), plan);
  onTestFinished(() => store.close());
  const app = createRatingApp({ plan, store, pictures, showExpected: false, hosts: ["127.0.0.1"] });
  const url = "http://127.0.0.1:8020";
  const judge = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = { origin: url }) =>
    app.request(`${url}/judge`, { method: "POST", body: new URLSearchParams(fields), headers });
  const wrong = [
    { rater: "Ada", place: "1", value: "6" },
    { rater: "Ada", place: "1", value: "0" },
    { rater: "Ada", place: "7", value: "5" },
    { rater: "Ada", place: "0", value: "5" },
    { rater: "Ada", place: "-1", value: "5" },
    { rater: "Ada", value: "5" },
    { rater: " ", place: "1", value: "5" },
    { rater: "a\u0000b", place: "1", value: "5" },
    { rater: "x".repeat(41), place: "1", value: "5" },
  ];
  for (const fields of wrong) expect((await judge(fields as Record<string, string>)).status, JSON.stringify(fields)).toBe(400);
  // Of another page, of another name, too much.
  expect((await judge({ rater: "Ada", place: "1", value: "5" }, { origin: "http://elsewhere.example" })).status).toBe(403);
  expect((await app.request("http://elsewhere.example/judge?rater=Ada")).status).toBe(403);
  expect((await judge({ rater: "Ada", place: "1", value: "5", more: "x".repeat(20_000) })).status).toBe(413);
  expect(store.all()).toEqual([]);
  expect((await judge({ rater: "Ada", place: "1", value: "5" })).status).toBe(303);
  expect(store.all()).toHaveLength(1);
  for (const path of ["9/asked/0/0", "0/asked/1/0", "0/asked/0/1", "0/9/0/0", "0/asked/0/-1", "0/..%2f..%2fetc/0/0", "0/asked/x/0"])
    expect((await app.request(`${url}/pictures/${path}`)).status, path).toBe(404);
  const start = await app.request(`${url}/judge?rater=${encodeURIComponent("<script>alert(1)</script>")}`);
  expect(await start.text()).not.toContain("<script>alert");
  expect(start.headers.get("content-security-policy")).toContain("default-src 'none'");
});
