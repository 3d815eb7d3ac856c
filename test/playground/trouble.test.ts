/** What the page says when the server refuses, locks, or goes away. */
import { pino } from "pino";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startServer } from "../../src/serve/server.ts";
import { defaultSettings } from "../../src/serve/settings.ts";
import { listenHere, png } from "../serve/listening.ts";
import { answered, drop, launch, open, timeout } from "./playground.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
}, timeout);
afterAll(() => browser?.close());

test("what the server refuses is said on the card of the picture that it is about", { timeout: 2 * timeout }, async () => {
  const { url } = await listenHere({ maxPixels: 40_000 });
  const page = await open(browser, url);
  await answered(page);
  await drop(page, ".examples", { name: "large.png", mimeType: "image/png", buffer: Buffer.from(await png(1, 300, 300)) });
  const count = await page.locator(".card:not(.new)").count();
  await expect.poll(() => page.locator(".card:not(.new)").count(), { timeout }).toBeGreaterThanOrEqual(Math.max(3, count));
  const card = page.locator(".card:not(.new)").last();
  await card.locator("textarea").fill("a wug");
  await expect.poll(() => card.locator("[role=alert]").textContent(), { timeout }).toMatch(/^The picture has 300 x 300 /);
  await page.getByRole("button", { name: /^Remove example 3/ }).click();
  await answered(page);
});

test("a server with an API key is asked with it once somebody has said it", { timeout: 2 * timeout }, async () => {
  const { url } = await listenHere({ apiKey: "secret" });
  const page = await open(browser, url);
  const key = page.getByLabel("This server wants an API key");
  await key.fill("guess");
  await key.press("Enter");
  await page.getByText("The API key is not the one of this server.").first().waitFor();
  await key.fill("secret");
  await key.press("Enter");
  await answered(page);
  expect(await key.count()).toBe(0);
  // What is copied does not hold it.
  await page.getByRole("button", { name: "Copy as…" }).click();
  const code = (await page.locator("dialog pre").textContent()) ?? "";
  expect(code).toContain("process.env.FLAMINGO_API_KEY");
  expect(code).not.toContain("secret");
});

test("a server that goes away is missed, and asked again when it is back", { timeout: 3 * timeout }, async () => {
  const { url, server, model } = await listenHere();
  const page = await open(browser, url);
  await answered(page);
  await server.drain();
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.getByText("The server does not answer. Trying again…").waitFor();
  const again = await startServer(defaultSettings, { host: "127.0.0.1", port: Number(new URL(url).port) }, pino({ level: "silent" }));
  onTestFinished(() => again.drain());
  // It listens before it has its model.
  await page
    .getByText(/model is loading/)
    .first()
    .waitFor();
  again.serve(model);
  await answered(page);
});
