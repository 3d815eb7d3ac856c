/**
 * Pictures of the page as people see it, with nano behind it:
 *
 *     node --conditions=flamingo-source tools/playground-screenshots.ts FOLDER    four of them: desk and phone, light and dark; and docs/playground.webp, which README shows
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { type Browser, chromium } from "playwright-core";
import sharp from "sharp";
import { Flamingo } from "../src/index.ts";
import { startServer } from "../src/serve/server.ts";
import { defaultSettings } from "../src/serve/settings.ts";
import { findChromium } from "./chromium.ts";

const timeout = 300_000;
const widths = { desk: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } } as const;

async function take(browser: Browser, url: string, viewport: { width: number; height: number }, colorScheme: "light" | "dark", path: string): Promise<Buffer> {
  const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 1.25 });
  page.setDefaultTimeout(timeout);
  await page.goto(url);
  await page.locator(".main .said.done").waitFor();
  await page.getByRole("button", { name: /^Compare/ }).click();
  await page.locator(".choices .bars").waitFor();
  await page.getByRole("button", { name: "Show it for each word" }).click();
  await page.locator("canvas").first().waitFor();
  // Bars grow.
  await page.waitForTimeout(1500);
  await page.evaluate("scrollTo(0, 0)");
  await page.screenshot({ path, fullPage: true });
  const seen = await page.screenshot();
  await page.close();
  return seen;
}

const folder = process.argv[2] ?? "screenshots";
await mkdir(folder, { recursive: true });
const model = await Flamingo.load("nano");
const server = await startServer(defaultSettings, { host: "127.0.0.1", port: 0 }, pino({ level: "warn" }));
server.serve(model);
const executablePath = findChromium();
const browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ["--headless=new", "--no-sandbox"], timeout });
try {
  for (const scheme of ["light", "dark"] as const)
    for (const [name, viewport] of Object.entries(widths)) {
      const seen = await take(browser, server.url, viewport, scheme, join(folder, `${name}-${scheme}.png`));
      if (name === "desk" && scheme === "light")
        await sharp(seen)
          .webp({ quality: 80 })
          .toFile(new URL("../docs/playground.webp", import.meta.url).pathname);
      console.log(`${name}-${scheme}.png`);
    }
} finally {
  await browser.close();
  await server.drain();
  await model.dispose();
}
