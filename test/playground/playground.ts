import { readFile } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { findChromium } from "../../tools/chromium.ts";

/** The machine may be busy. */
export const timeout = 100_000;

/** @param more - switches of Chromium */
export function launch(more: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ["--headless=new", "--no-sandbox", ...more], timeout });
}

type PageOptions = NonNullable<Parameters<Browser["newPage"]>[0]>;

/** The page for one test. Whatever goes wrong in it that nobody sees fails the test. @param browser - or a profile of it, whose pages keep what they keep */
export async function open(browser: Browser | BrowserContext, url: string, options: PageOptions = {}): Promise<Page> {
  const page = "contexts" in browser ? await browser.newPage({ permissions: ["clipboard-read", "clipboard-write"], ...options }) : await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  onTestFinished(async () => {
    await page.close();
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join("; ")}`);
  });
  page.setDefaultTimeout(timeout);
  await page.goto(url);
  return page;
}

export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A drawing of nano's. */
export async function drawing(path: string): Promise<GivenFile> {
  return { name: path.replace("/", "-"), mimeType: "image/webp", buffer: await readFile(`models/nano/drawings/${path}.webp`) };
}

/** The answer with the examples, once it is whole. */
export async function answered(page: Page): Promise<string> {
  const answer = page.locator(".main .said");
  await expect
    .poll(async () => [await answer.getAttribute("class"), await page.locator(".problem, .connection").allTextContents()], { timeout })
    .toEqual(["said done", expect.any(Array)]);
  return (await answer.textContent()) ?? "";
}

/** Takes every example away. */
export async function clear(page: Page): Promise<void> {
  const remove = page.getByRole("button", { name: /^Remove example/ });
  await remove.first().waitFor();
  while ((await remove.count()) > 0) await remove.first().click();
}

/** Drops files as a person does. */
export async function drop(page: Page, selector: string, { name, mimeType, buffer }: GivenFile): Promise<void> {
  const file = JSON.stringify({ name, mimeType, base64: buffer.toString("base64") });
  const dataTransfer = await page.evaluateHandle(`(() => {
    const { name, mimeType, base64 } = ${file};
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], name, { type: mimeType }));
    return transfer;
  })()`);
  for (const type of ["dragover", "drop"]) await page.locator(selector).first().dispatchEvent(type, { dataTransfer });
}
