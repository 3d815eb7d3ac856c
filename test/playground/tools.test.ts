/** The page's tools, with nano in the page itself and with nano behind a server: both say what the library says. */
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { pino } from "pino";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Example, Flamingo, image, type Medium } from "../../src/index.ts";
import { type RunningServer, startServer } from "../../src/serve/server.ts";
import { defaultSettings } from "../../src/serve/settings.ts";
import { buildSite, serveSite } from "../site/site.ts";
import { answered, clear, drawing, launch, open, timeout } from "./playground.ts";

let browser: Browser;
let model: Flamingo;
let server: RunningServer;
beforeAll(async () => {
  buildSite();
  model = await Flamingo.load("nano", { device: "cpu" });
  server = await startServer(defaultSettings, { host: "127.0.0.1", port: 0 }, pino({ level: "silent" }));
  server.serve(model);
  browser = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
}, 2 * timeout);
afterAll(async () => {
  await browser?.close();
  await server?.drain();
  await model?.dispose();
}, timeout);

const shown = [
  ["noto/candle", "a dax"],
  ["twemoji/candle", "a dax"],
  ["noto/tractor", "a blick"],
  ["twemoji/tractor", "a blick"],
] as const;
const asked = "noto/turtle";
const medium = async (path: string): Promise<Medium> => image(new Uint8Array((await drawing(path)).buffer));
const examples = (): Promise<Example[]> => Promise.all(shown.map(async ([path, text]) => ({ media: await medium(path), text })));
/** One white pixel. */
const white = image({ width: 1, height: 1, data: Uint8ClampedArray.of(255, 255, 255) });

async function teach(page: Page): Promise<void> {
  await clear(page);
  await page
    .locator('.examples input[type="file"]')
    .first()
    .setInputFiles(await Promise.all(shown.map(([path]) => drawing(path))));
  for (const [i, [, text]] of shown.entries()) await page.getByLabel(`What is said about example ${i + 1}`).fill(text);
  await page
    .locator('.question input[type="file"]')
    .first()
    .setInputFiles(await drawing(asked));
  await expect.poll(async () => answered(page), { timeout }).toBe((await model.generateText([...(await examples()), await medium(asked)])).trim());
}

/** One of the tools, opened. */
async function tool(page: Page, title: string): Promise<Locator> {
  const found = page.locator(".tool", { has: page.getByRole("heading", { name: title }) });
  await found.locator("summary").click();
  return found;
}

/** A folder of drawings, each in a folder of its own name. */
async function folderOf(paths: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-folder-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const path of paths) {
    const name = path.split("/")[1]!;
    await mkdir(join(folder, name), { recursive: true });
    await cp(`models/nano/drawings/${path}.webp`, join(folder, name, `${path.replace("/", "-")}.webp`));
  }
  return folder;
}

describe.each(["in the page", "behind a server"] as const)("with the model %s", (place) => {
  const opened = async (): Promise<Page> => open(browser, place === "in the page" ? (await serveSite()).url : server.url);

  test("each example is left out once, and what is said is counted; what-ifs are answered", { timeout: 4 * timeout }, async () => {
    const page = await opened();
    await teach(page);
    const leaving = await tool(page, "How well is it learnt?");
    await leaving.getByRole("button", { name: "Leave each out once" }).click();
    const all = await examples();
    const confusion = [
      [0, 0],
      [0, 0],
    ];
    for (const [i, { media, text }] of all.entries()) {
      const scored = await model.score([...all.toSpliced(i, 1), media as Medium], ["a dax", "a blick"]);
      confusion[Number(text === "a blick")]![Number(scored[1]!.logProbability > scored[0]!.logProbability)]! += 1;
    }
    await expect.poll(async () => (await leaving.locator("tbody td").allTextContents()).map(Number), { timeout }).toEqual(confusion.flat());
    expect(await leaving.locator(".accuracy").textContent()).toContain(`${confusion[0]![0]! + confusion[1]![1]!} of 4 right`);
    const ifs = await tool(page, "What if…");
    for (const name of ["Without pictures", "Wrong labels", "Other order"]) await ifs.getByLabel(name).check();
    const question = await medium(asked);
    const exchanged = all.map(({ media, text }) => ({ media, text: text === "a dax" ? "a blick" : "a dax" }));
    const expected = await Promise.all([
      model.generateText([...all.map(({ text }) => ({ media: white, text })), white]),
      model.generateText([...exchanged, question]),
      model.generateText([...all.toReversed(), question]),
    ]);
    await expect.poll(() => ifs.locator(".changed .said").allTextContents(), { timeout }).toEqual(expected.map((text) => text.trim()));
  });

  test("a folder is asked about and saved as CSV; the nearest of a folder become examples; a task travels in a link", { timeout: 4 * timeout }, async () => {
    const page = await opened();
    await teach(page);
    const many = await tool(page, "Ask about a folder");
    await many
      .locator("input[type=file]")
      .first()
      .setInputFiles(await folderOf(["noto/grapes", "twemoji/trophy"]));
    await expect.poll(() => many.locator("tbody tr").count(), { timeout }).toBe(2);
    const [download] = await Promise.all([page.waitForEvent("download"), many.getByRole("button", { name: "Save as CSV" }).click()]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
    expect(lines[0]).toBe("file,answer,milliseconds");
    for (const [i, path] of (["noto/grapes", "twemoji/trophy"] as const).entries()) {
      const answer = (await model.generateText([...(await examples()), await medium(path)])).trim();
      expect(lines[i + 1]).toMatch(new RegExp(`/${path.replace("/", "-")}\\.webp,"?${answer}"?,\\d+$`));
    }
    const near = await tool(page, "Nearest examples");
    await near
      .locator("input[type=file]")
      .first()
      .setInputFiles(await folderOf(["noto/crab", "noto/candle", "twemoji/turtle", "fxemoji/rocket"]));
    await near.getByText("4 pictures.").waitFor();
    await near.getByLabel("How many").fill("2");
    await near.getByRole("button", { name: "Find the nearest" }).click();
    await near.locator("li").nth(1).waitFor();
    // The other turtle stands before the question.
    expect(await near.locator("li").last().textContent()).toMatch(/^turtle ?0\.\d\d$/);
    await near.getByRole("button", { name: "Make them the examples" }).click();
    expect(await page.getByLabel("What is said about example 2").inputValue()).toBe("turtle");
    await page.getByRole("button", { name: "Link", exact: true }).click();
    const link = await page.getByLabel("The link").inputValue();
    expect(link.length).toBeLessThan(60_000);
    const other = await open(browser, link);
    await expect.poll(() => other.getByLabel("What is said about example 2").inputValue(), { timeout }).toBe("turtle");
    expect(await other.locator(".card:not(.new)").count()).toBe(2);
    expect(new URL(other.url()).hash).toBe("");
  });
});

test("a task that is too large for a link says so; the camera takes a photograph", { timeout: 3 * timeout }, async () => {
  const page = await open(browser, server.url);
  await answered(page);
  const before = await page.locator(".card:not(.new)").count();
  await page.locator(".examples").getByRole("button", { name: "Camera" }).click();
  const take = page.getByRole("button", { name: "Photograph", exact: true }).last();
  await take.click();
  await expect.poll(() => page.locator(".card:not(.new)").count(), { timeout }).toBe(before + 1);
  const photographs = ["cat", "coffee", "raccoon", "rocket", "astronaut", "cameraman", "raccoon-face"].map((name) => `models/nano/photographs/${name}.webp`);
  for (let i = 0; i < 2; i++) await page.locator('.examples input[type="file"]').first().setInputFiles(photographs);
  await expect.poll(() => page.locator(".card:not(.new)").count(), { timeout }).toBe(before + 15);
  await page.getByRole("button", { name: "Link", exact: true }).click();
  await page.getByText("This task is too large for a link, which holds 60,000 characters. Save it as a file instead.").waitFor();
});

test.each([
  ["a phone, dark", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
  ["a desk, light", { viewport: { width: 1280, height: 860 }, colorScheme: "light" }],
] as const)("on %s the tools are within reach: axe finds nothing, and no line is too wide", { timeout: 4 * timeout }, async (_, options) => {
  const page = await open(browser, (await serveSite()).url, { ...options, bypassCSP: true });
  await teach(page);
  for (const title of ["What if…", "How well is it learnt?", "Nearest examples", "Ask about a folder"]) await tool(page, title);
  await page.getByLabel("Other order").check();
  await page.locator(".changed").waitFor();
  await page.getByRole("button", { name: "Leave each out once" }).click();
  await page.locator(".confusion").waitFor();
  await page
    .locator(".tool[data-takes=many] input[type=file]")
    .nth(1)
    .setInputFiles([await drawing("noto/grapes")]);
  await page.locator(".many tbody tr").waitFor();
  await page.getByText("A server", { exact: true }).click();
  await page.addScriptTag({ content: axe.source });
  const violations = (): Promise<unknown> =>
    page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)].join(' ')))");
  expect(await violations()).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
});
