/** The page's memory, as Linux counts it: that of the process that shows it. */
import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { noisePicture } from "../generate/tiny-model.ts";
import { answered, type GivenFile, launch, open, timeout } from "../playground/playground.ts";
import { answeredBy, buildSite, serveSite } from "./site.ts";

let browser: Browser;
beforeAll(async () => {
  buildSite();
  browser = await launch();
}, 2 * timeout);
afterAll(() => browser?.close());

/** Of all processes that show pages, in MB. */
async function memory(): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(async ({ id }) => Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${id}/status`, "utf8"))![1]));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1000;
}

async function pictures(from: number, count: number): Promise<readonly GivenFile[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const { data } = noisePicture(from + i, 192, 192);
      const buffer = await sharp(data, { raw: { width: 192, height: 192, channels: 3 } })
        .webp()
        .toBuffer();
      return { name: `${from + i}.webp`, mimeType: "image/webp", buffer };
    }),
  );
}

async function ask(page: Page, files: readonly GivenFile[]): Promise<void> {
  await page
    .locator(".tool[data-takes=many] input[type=file]")
    .nth(1)
    .setInputFiles([...files]);
  await expect.poll(() => page.locator(".many tbody tr").count(), { timeout }).toBe(files.length);
}

test.skipIf(platform() !== "linux")("50 questions about 50 pictures take no more memory than 10 did", { timeout: 5 * timeout }, async () => {
  const page = await open(browser, (await serveSite()).url);
  await answered(page);
  await page.getByText("Ask about a folder").click();
  await ask(page, await pictures(0, 10));
  const before = await memory();
  await ask(page, await pictures(100, 50));
  expect((await memory()) - before).toBeLessThan(60);
});

test.skipIf(platform() !== "linux")("the model is let go of and loaded again 20 times: what it took is given back", { timeout: 10 * timeout }, async () => {
  const page = await open(browser, (await serveSite()).url);
  const sizes: number[] = [];
  for (let time = 0; time < 20; time++) {
    await expect.poll(() => answeredBy(page), { timeout }).toMatch(/^nano in this page/);
    sizes.push(await memory());
    await page.getByText("A server", { exact: true }).click();
    await page.getByRole("button", { name: "Connect" }).click();
    await expect.poll(() => page.workers().length, { timeout }).toBe(0);
    await page.getByText("In this page", { exact: true }).click();
  }
  await answered(page);
  expect(Math.max(...sizes.slice(-5)) - Math.max(...sizes.slice(2, 7))).toBeLessThan(60);
});
