/** The static site in Chromium: nano in the page, which answers as the library does on the CPU. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Flamingo, image, sharesOf } from "../../src/index.ts";
import { isolated } from "../package/static-server.ts";
import { answered, clear, drawing, launch, open, timeout } from "../playground/playground.ts";
import { listenHere } from "../serve/listening.ts";
import { answeredBy, buildSite, built, serveSite } from "./site.ts";

let browser: Browser;
let model: Flamingo;
beforeAll(async () => {
  buildSite();
  [model, browser] = await Promise.all([Flamingo.load("nano", { device: "cpu" }), launch()]);
}, 2 * timeout);
afterAll(async () => {
  await browser?.close();
  await model?.dispose();
});

const examples = [
  ["noto/crab", "a dax"],
  ["noto/butter", "a blick"],
] as const;
const asked = "noto/candle";
const choices = ["a dax", "a blick"];
const medium = async (path: string) => image(new Uint8Array((await drawing(path)).buffer));
const prompt = async () => [...(await Promise.all(examples.map(async ([path, text]) => ({ media: await medium(path), text })))), await medium(asked)];

async function teach(page: Page): Promise<void> {
  await clear(page);
  await page
    .locator('.examples input[type="file"]')
    .first()
    .setInputFiles(await Promise.all(examples.map(([path]) => drawing(path))));
  for (const [i, [, text]] of examples.entries()) await page.getByLabel(`What is said about example ${i + 1}`).fill(text);
  await page
    .locator('.question input[type="file"]')
    .first()
    .setInputFiles(await drawing(asked));
}

/** The page says what the library says: the answer, how likely choices are, and where it looked. */
async function expectTheLibrary(page: Page): Promise<void> {
  await expect.poll(() => answered(page), { timeout }).toBe((await model.generateText(await prompt())).trim());
  await page.getByLabel(/^Choices/).fill(choices.join("\n"));
  await page.locator(".choices .bars td:not(.without) .share").first().waitFor();
  const shares = await page.locator(".choices .bars td:not(.without) .share").allTextContents();
  const expected = sharesOf(await model.score(await prompt(), choices));
  for (const [i, share] of shares.entries()) expect(Math.abs(Number.parseFloat(share) / 100 - expected[i]!)).toBeLessThan(0.011);
}

describe.each([
  ["isolated from other origins", isolated, /^nano in this page: WebAssembly, (?!1 )\d+ threads$/],
  ["not isolated", {}, /^nano in this page: WebAssembly, 1 thread$/],
] as const)("a page that is %s", (_, manner, running) => {
  test("answers as the library does, from a sub-folder, and sends nothing once it has the model", { timeout: 3 * timeout }, async () => {
    const site = await serveSite({ ...manner });
    const page = await open(browser, site.url);
    await answered(page);
    expect(await answeredBy(page)).toMatch(running);
    const before = site.asked.length;
    const elsewhere: string[] = [];
    page.on("request", (request) => !request.url().startsWith("data:") && elsewhere.push(request.url()));
    await teach(page);
    await expectTheLibrary(page);
    // The examples were read once: the same task with another question costs less than with them.
    const [withThem, afterThem] = (await page.locator(".cost .share").allTextContents()).map(milliseconds);
    expect(afterThem!).toBeLessThan(withThem!);
    await page.getByRole("button", { name: "Show it for each word" }).click();
    await page.locator(".heated.large canvas").waitFor();
    expect(elsewhere).toEqual([]);
    expect(site.asked.length).toBe(before);
    // Those that the server does not have were not asked for elsewhere.
    expect(site.asked.every(({ path }) => path.startsWith("/demos/flamingo/"))).toBe(true);
  });
});

test("a page stays alive while the model computes", { timeout: 2 * timeout }, async () => {
  const page = await open(browser, (await serveSite()).url);
  // The longest time between two frames' timers, from opening to the first answer, is no part of what the model takes.
  await page.evaluate(
    "(() => { window.longest = 0; let last = performance.now(); setInterval(() => { const now = performance.now(); window.longest = Math.max(window.longest, now - last); last = now; }, 10); })()",
  );
  const started = performance.now();
  await answered(page);
  expect(await page.evaluate<number>("window.longest")).toBeLessThan((performance.now() - started) / 2);
});

describe("a graphics card", () => {
  test("that is not there is said, and WebAssembly answers", { timeout: 2 * timeout }, async () => {
    const page = await open(browser, `${(await serveSite()).url}?device=webgpu`);
    await answered(page);
    expect(await answeredBy(page)).toMatch(/WebAssembly/);
    await page.getByText(/^WebGPU does not work here, so WebAssembly is used\./).waitFor();
  });

  /** Vulkan in software: what a graphics card would do, slowly. */
  const software = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

  test("that computes as it should answers as the library does", { timeout: 6 * timeout }, async () => {
    const cards = await launch(software);
    onTestFinished(() => cards.close());
    const page = await open(cards, `${(await serveSite()).url}?device=webgpu`);
    await expect.poll(() => answeredBy(page), { timeout: 3 * timeout }).toBe("nano in this page: WebGPU");
    await teach(page);
    await expectTheLibrary(page);
  });

  test("that computes wrongly is found out", { timeout: 8 * timeout }, async () => {
    const cards = await launch(software);
    onTestFinished(() => cards.close());
    // Every exponential comes out a little too near to 1: what a driver does that compiles a shader wrongly.
    const folder = await mkdtemp(join(tmpdir(), "flamingo-site-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(built, folder, { recursive: true });
    const worker = join(folder, "assets", (await readdir(join(folder, "assets"))).find((name) => /^model-worker.*\.js$/.test(name))!);
    const wrong = `{
      const { createShaderModule } = GPUDevice.prototype;
      GPUDevice.prototype.createShaderModule = function (shader) {
        return createShaderModule.call(this, { ...shader, code: shader.code.replace(/\\bexp\\(/g, "exp(0.98 * ") });
      };
    }
    `;
    await writeFile(worker, wrong + (await readFile(worker, "utf8")));
    const other = await open(cards, `${(await serveSite({}, folder)).url}?device=webgpu`);
    await other
      .getByText(/^WebGPU computes wrongly here: its scores differ by \d+\.\d\d from what they should be\. WebAssembly is used\.$/)
      .waitFor({ timeout: 6 * timeout });
    expect(await answeredBy(other)).toMatch(/WebAssembly/);
    // And answers as it should.
    await teach(other);
    await expectTheLibrary(other);
  });
});

test("a server answers in the page's place where its operator allows it, and the page again", { timeout: 3 * timeout }, async () => {
  const site = await serveSite();
  const { url } = await listenHere({ allowedOrigins: [site.address] });
  const closed = await listenHere();
  const page = await open(browser, site.url);
  await answered(page);
  await page.getByText("A server", { exact: true }).click();
  await page.getByLabel("The server's address").fill(`${url}/v1`);
  await page.getByRole("button", { name: "Connect" }).click();
  await expect.poll(() => answeredBy(page), { timeout }).toBe("tiny");
  await answered(page);
  // It is remembered.
  await page.reload();
  await expect.poll(() => answeredBy(page), { timeout }).toBe("tiny");
  await page.getByLabel("The server's address").fill("nowhere at all");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("nowhere at all is no address of a server").waitFor();
  // One that allows no other pages is as good as gone.
  await page.getByLabel("The server's address").fill(closed.url);
  await page.getByRole("button", { name: "Connect" }).click();
  await page
    .getByText(/The server does not answer/)
    .first()
    .waitFor();
  await page.getByText("In this page", { exact: true }).click();
  await expect.poll(() => answeredBy(page), { timeout }).toMatch(/^nano in this page/);
  await answered(page);
});

function milliseconds(text: string): number {
  return Number.parseFloat(text) * (text.endsWith("ms") ? 1 : 1000);
}
