/** How the model comes into the page: once, whole, and as it was built. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { ServerManner } from "../package/static-server.ts";
import { answered, launch, open, timeout } from "../playground/playground.ts";
import { buildSite, built, damageKept, serveSite, weightsAsked } from "./site.ts";

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

let browser: Browser;
beforeAll(async () => {
  buildSite();
  browser = await launch();
}, 2 * timeout);
afterAll(() => browser?.close());

/** A browser's profile, which keeps what its pages keep. */
async function profile(): Promise<BrowserContext> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return context;
}

test("it is fetched once, beside a bar; from then on the browser has it, and one that was damaged there is fetched again", {
  timeout: 4 * timeout,
}, async () => {
  const site = await serveSite();
  const context = await profile();
  const first = await open(context, site.url);
  await first.getByText(/^Fetching the model, once: \d+ of 32 MB/).waitFor();
  const answer = await answered(first);
  expect(new Set(weightsAsked(site).map(({ path }) => path)).size).toBe(4);
  expect(weightsAsked(site)).toHaveLength(4);
  const second = await open(context, site.url);
  expect(await answered(second)).toBe(answer);
  expect(weightsAsked(site)).toHaveLength(4);
  // The language model alone is of more than 10 MB.
  expect(await damageKept(second, 10_000_000)).toBe(1);
  await second.reload();
  expect(await answered(second)).toBe(answer);
  expect(weightsAsked(site).slice(4)).toEqual([{ path: expect.stringMatching(/language-.*\.safetensors$/), range: undefined }]);
});

test("a connection that breaks is gone on with from where it broke", { timeout: 3 * timeout }, async () => {
  const manner: Mutable<ServerManner> = { breaking: /language/ };
  const site = await serveSite(manner);
  const page = await open(browser, site.url);
  const ofLanguage = () => weightsAsked(site).filter(({ path }) => path.includes("language"));
  await expect.poll(() => ofLanguage().length, { timeout }).toBeGreaterThanOrEqual(2);
  delete manner.breaking;
  await answered(page);
  const [whole, ...rest] = ofLanguage();
  expect(whole!.range).toBeUndefined();
  const starts = rest.map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range!)![1]));
  expect(starts[0]).toBeGreaterThan(1_000_000);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
});

test("what had come when the page was closed is there when it is opened again", { timeout: 3 * timeout }, async () => {
  const manner: Mutable<ServerManner> = { breaking: /language/ };
  const site = await serveSite(manner);
  const context = await profile();
  const page = await open(context, site.url);
  await expect.poll(() => weightsAsked(site).length, { timeout }).toBeGreaterThanOrEqual(5);
  await page.close();
  delete manner.breaking;
  const before = weightsAsked(site).length;
  await answered(await open(context, site.url));
  const later = weightsAsked(site).slice(before);
  const language = later.filter(({ path }) => path.includes("language"));
  expect(language).toHaveLength(1);
  expect(Number(/^bytes=(\d+)-$/.exec(language[0]!.range!)![1])).toBeGreaterThan(1_000_000);
});

test("a file that is not the one that the page was made with is refused, and there is a way on", { timeout: 3 * timeout }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-site-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(built, folder, { recursive: true });
  const file = join(folder, "assets", (await readdir(join(folder, "assets"))).find((name) => name.startsWith("fusion-"))!);
  const bytes = await readFile(file);
  const right = bytes.at(-1)!;
  bytes[bytes.length - 1] = right ^ 1;
  await writeFile(file, bytes);
  const site = await serveSite({}, folder);
  const page = await open(browser, site.url);
  await page
    .getByText(/fusion\.safetensors is not the file that this page was made with: its sha256 is another one/)
    .first()
    .waitFor();
  bytes[bytes.length - 1] = right;
  await writeFile(file, bytes);
  await page.getByRole("button", { name: "Try again" }).click();
  await answered(page);
});

test("a server that does not have it says so", { timeout: 2 * timeout }, async () => {
  const page = await open(browser, (await serveSite({ missing: /vision/ })).url);
  await page
    .getByText(/vision\.safetensors does not come: the server answered 404/)
    .first()
    .waitFor();
});
