/** The page, driven in Chromium, with a server behind it that listens and the real nano. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import axe from "axe-core";
import { pino } from "pino";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Flamingo, image } from "../../src/index.ts";
import { type RunningServer, startServer } from "../../src/serve/server.ts";
import { defaultSettings } from "../../src/serve/settings.ts";
import { answered, clear, drawing, drop, launch, open, timeout } from "./playground.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const execFileAsync = promisify(execFile);
let browser: Browser;
let model: Flamingo;
let server: RunningServer;

beforeAll(async () => {
  model = await Flamingo.load("nano");
  server = await startServer(defaultSettings, { host: "127.0.0.1", port: 0 }, pino({ level: "silent" }));
  server.serve(model);
  browser = await launch();
}, 2 * timeout);

afterAll(async () => {
  await browser?.close();
  await server?.drain();
  await model?.dispose();
}, timeout);

/** Teaches two words, and asks. */
async function teach(page: Page): Promise<void> {
  await clear(page);
  await page
    .locator('.examples input[type="file"]')
    .first()
    .setInputFiles([await drawing("noto/crab"), await drawing("noto/butter")]);
  await page.getByLabel("What is said about example 1").fill("a dax");
  await page.getByLabel("What is said about example 2").fill("a blick");
  await page
    .locator('.question input[type="file"]')
    .first()
    .setInputFiles(await drawing("noto/candle"));
}

const file = async (path: string) => new Uint8Array((await drawing(path)).buffer);

describe("a task", () => {
  test("is taught with pictures, and its answer comes as it is made; what changes is answered anew", { timeout: 3 * timeout }, async () => {
    const page = await open(browser, server.url);
    // A first one is there, and answered.
    expect(await answered(page)).not.toBe("");
    await teach(page);
    // From the beginning: the question may be answered before the test has looked at what came of the examples.
    const answers: { type: string | undefined; asked: { support_set?: string; messages: readonly { role: string }[]; stream: boolean } }[] = [];
    page.on("response", (each) => {
      if (each.url().endsWith("/chat/completions")) answers.push({ type: each.headers()["content-type"], asked: each.request().postDataJSON() });
    });
    const read = page.waitForResponse((each) => each.url().endsWith("/support-sets") && (each.request().postData() ?? "").includes("a wug"));
    await page.getByLabel("What is said about example 2").fill("a wug");
    const { id } = (await (await read).json()) as { id: string };
    const answer = () => answers.find(({ asked }) => asked.support_set === id);
    await expect.poll(() => answer()?.type ?? "", { timeout }).toContain("text/event-stream");
    const examples = [
      { media: image(await file("noto/crab")), text: "a dax" },
      { media: image(await file("noto/butter")), text: "a wug" },
    ];
    const expected = (await model.generateText([...examples, image(await file("noto/candle"))])).trim();
    await expect.poll(() => answered(page), { timeout }).toBe(expected);
    expect((await read).request().postDataJSON()).toMatchObject({ examples: [{ text: "a dax" }, { text: "a wug" }], store: false });
    expect(answer()?.asked).toMatchObject({ messages: [{ role: "user" }], stream: true });
    // Beside it, what is said without examples.
    const bare = (await model.generateText([image(await file("noto/candle"))])).trim();
    await expect.poll(() => page.locator(".answer:not(.main) .said.done").textContent(), { timeout }).toBe(bare);
    // The order counts, and is changed by keys.
    const moved = page.waitForRequest((each) => each.url().endsWith("/support-sets"));
    await page.getByLabel("What is said about example 1").press("Alt+ArrowDown");
    const sent = (await moved).postDataJSON() as { examples: readonly { text: string }[] };
    expect(sent.examples.map(({ text }) => text)).toEqual(["a wug", "a dax"]);
  });

  test("sends its examples once, says what that saves, and sends them again when the server has forgotten them", { timeout: 3 * timeout }, async () => {
    const page = await open(browser, server.url);
    await teach(page);
    const before = await answered(page);
    const sent: { path: string; status: number }[] = [];
    page.on("response", (response) => {
      if (response.request().method() === "POST") sent.push({ path: new URL(response.url()).pathname, status: response.status() });
    });
    const paths = (): string[] => sent.map(({ path, status }) => `${path} ${status}`).toSorted();
    const [known] = ((await (await fetch(`${server.url}/v1/support-sets`)).json()) as { data: { id: string }[] }).data.slice(-1);
    await page.getByRole("button", { name: "Ask again" }).click();
    await expect.poll(paths, { timeout }).toEqual(["/v1/chat/completions 200", "/v1/chat/completions 200"]);
    expect(await answered(page)).toBe(before);
    // A question with the examples, and after them.
    const [withThem, afterThem] = (await page.locator(".cost .share").allTextContents()).map(milliseconds);
    expect(afterThem!).toBeGreaterThan(0);
    expect(afterThem!).toBeLessThan(withThem!);
    sent.length = 0;
    expect((await fetch(`${server.url}/v1/support-sets/${known!.id}`, { method: "DELETE" })).status).toBe(200);
    await page.getByRole("button", { name: "Ask again" }).click();
    await expect.poll(paths, { timeout }).toEqual(["/v1/chat/completions 200", "/v1/chat/completions 200", "/v1/chat/completions 404", "/v1/support-sets 201"]);
    expect(await answered(page)).toBe(before);
    // A server that keeps none of them, as one of several that share nothing, gets them with the question.
    await page.route("**/v1/support-sets", async (route) => {
      const response = await route.fetch();
      const { id } = (await response.json()) as { id: string };
      await fetch(`${server.url}/v1/support-sets/${id}`, { method: "DELETE" });
      await route.fulfill({ response });
    });
    await fetch(`${server.url}/v1/support-sets/${known!.id}`, { method: "DELETE" });
    const whole = page.waitForRequest((each) => each.url().endsWith("/chat/completions") && (each.postData() ?? "").includes("a dax"));
    await page.getByRole("button", { name: "Ask again" }).click();
    expect(((await whole).postDataJSON() as { messages: object[] }).messages).toHaveLength(5);
    expect(await answered(page)).toBe(before);
  });

  test("has choices, which are compared as the library does; and where it looked is shown for each word", { timeout: 3 * timeout }, async () => {
    const page = await open(browser, server.url);
    await teach(page);
    await page.getByRole("button", { name: "Compare “a dax”, “a blick”" }).click();
    await page.locator(".choices .bars").waitFor();
    const shares = await page.locator(".choices .bars td:not(.without) .share").allTextContents();
    const examples = [
      { media: image(await file("noto/crab")), text: "a dax" },
      { media: image(await file("noto/butter")), text: "a blick" },
    ];
    const scored = await model.score([...examples, image(await file("noto/candle"))], ["a dax", "a blick"]);
    const weights = scored.map(({ logProbability }) => Math.exp(logProbability));
    const sum = weights[0]! + weights[1]!;
    expect(shares.map((each) => Number.parseFloat(each) / 100)).toEqual(weights.map((each) => expect.closeTo(each / sum, 1.5)));
    const answer = await answered(page);
    await page.getByRole("button", { name: "Show it for each word" }).click();
    const words = page.locator(".words label");
    await words.first().waitFor();
    expect((await words.allTextContents()).map((each) => each.replace(/ \d+%$/, "")).join(" ")).toBe(answer);
    expect(await page.locator(".heated.large canvas").getAttribute("aria-label")).toMatch(
      /^It looked most at the (?:top|middle|bottom) (?:left|centre|right)\.$/,
    );
    await page.getByText("By layer").click();
    expect(await page.locator(".layers figcaption").allTextContents()).toEqual(Array.from({ length: 5 }, () => expect.stringMatching(/^Block \d+, gate -?\d/)));
  });

  test("is saved as one file, and opened again as it was; files that are none say why not", { timeout: 3 * timeout }, async () => {
    const page = await open(browser, server.url);
    await teach(page);
    await page.getByLabel(/^Choices/).fill("a dax\na blick");
    const saved = await saveOf(page);
    const task = JSON.parse(saved) as { version: number; examples: readonly { picture: string; text: string }[]; choices: readonly string[] };
    expect(task).toMatchObject({ format: "flamingo-task", version: 1, choices: ["a dax", "a blick"] });
    // Pictures that are small enough stay as they are, to the last byte.
    expect(task.examples[0]).toEqual({ picture: `data:image/webp;base64,${(await drawing("noto/crab")).buffer.toString("base64")}`, text: "a dax" });
    const other = await open(browser, server.url);
    await other.getByRole("button", { name: /^Remove example 1/ }).waitFor();
    await drop(other, "header", { name: "task.json", mimeType: "application/json", buffer: Buffer.from(saved) });
    await expect.poll(() => other.getByLabel("What is said about example 2").inputValue(), { timeout }).toBe("a blick");
    expect(await saveOf(other)).toBe(saved);
    const problem = other.locator("header [role=alert]");
    for (const [content, sentence] of [
      ["{}", "task.json is no task that was saved here: choose a file that “Save” wrote."],
      [JSON.stringify({ ...task, version: 2 }), "task.json is of version 2, and this page knows version 1 only: it was saved by a newer one."],
      [JSON.stringify({ ...task, examples: [{ picture: "data:image/png;base64,AAAA", text: "" }] }), /^task\.json: the picture of example 1 cannot be shown/],
    ] as const) {
      await drop(other, "main", { name: "task.json", mimeType: "application/json", buffer: Buffer.from(content) });
      await expect.poll(() => problem.locator("p").textContent(), { timeout }).toMatch(sentence);
    }
    await drop(other, ".examples", { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
    await expect.poll(() => other.locator(".examples > [role=alert] p").textContent(), { timeout }).toBe("notes.txt is not a picture.");
    await drop(other, ".question", { name: "IMG_1.heic", mimeType: "image/heic", buffer: Buffer.from("ftypheic") });
    await expect
      .poll(() => other.locator(".question [role=alert] p").textContent(), { timeout })
      .toMatch(/^IMG_1\.heic cannot be shown: this browser cannot read HEIC/);
    // What was there is there still.
    expect(await other.getByLabel("What is said about example 2").inputValue()).toBe("a blick");
  });

  test("is copied as programs that run, and say what the page says", { timeout: 4 * timeout }, async () => {
    const page = await open(browser, server.url);
    await teach(page);
    await page.getByLabel("What is said about example 1").fill('a "dax", it\'s $HOME');
    await page.waitForTimeout(1000);
    const answer = await answered(page);
    await page.getByRole("button", { name: "Copy as…" }).click();
    await mkdir(join(root, ".cache"), { recursive: true });
    const folder = await mkdtemp(join(root, ".cache/copied-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const copied = async (name: string): Promise<string> => {
      await page.locator(".formats").getByText(name, { exact: true }).click();
      await page.getByRole("button", { name: "Copy", exact: true }).click();
      await page
        .getByText(/^Copied/)
        .first()
        .waitFor();
      return page.evaluate("navigator.clipboard.readText()");
    };
    // The server is in this process: it must be able to answer.
    const run = async (program: string, ...parameters: string[]): Promise<string> => (await execFileAsync(program, parameters, { cwd: folder })).stdout;
    await writeFile(join(folder, "openai.ts"), await copied("TypeScript"));
    expect((await run(process.execPath, "openai.ts")).trim()).toBe(answer);
    await writeFile(join(folder, "library.ts"), await copied("Library"));
    expect((await run(process.execPath, "--conditions=flamingo-source", "library.ts")).trim()).toBe(answer);
    await writeFile(join(folder, "curl.sh"), await copied("curl"));
    expect(JSON.parse(await run("sh", "curl.sh"))).toMatchObject({ choices: [{ message: { content: answer } }] });
    await writeFile(join(folder, "ask.sh"), await copied("Command line"));
    expect((await run("sh", "ask.sh")).trim()).toBe(answer);
  });
});

test.each([
  ["a phone, light", { viewport: { width: 360, height: 740 }, colorScheme: "light" }],
  ["a desk, dark", { viewport: { width: 1280, height: 860 }, colorScheme: "dark" }],
] as const)("on %s nothing is out of reach: axe finds nothing, and no line is too wide", { timeout: 3 * timeout }, async (_, options) => {
  const page = await open(browser, server.url, { ...options, bypassCSP: true });
  await answered(page);
  await page.getByRole("button", { name: /^Compare/ }).click();
  await page.locator(".choices .bars").waitFor();
  await page.getByRole("button", { name: "Show it for each word" }).click();
  await page.locator("canvas").first().waitFor();
  await page.addScriptTag({ content: axe.source });
  const violations = async (): Promise<unknown> =>
    page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)].join(' ')))");
  expect(await violations()).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  await page.getByRole("button", { name: "Copy as…" }).click();
  await page.getByRole("dialog").waitFor();
  expect(await violations()).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
});

async function saveOf(page: Page): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save", exact: true }).click()]);
  return readFile(await download.path(), "utf8");
}

function milliseconds(text: string): number {
  return Number.parseFloat(text) * (text.endsWith("ms") ? 1 : 1000);
}
