/**
 * How long the static site takes to its first answer, in Chromium, on WebAssembly, from a server of this machine: the first visit, and one that finds the model kept. The browser has a profile on the disk, as people's
 * browsers do: without one, as in a private window, Chromium does not keep what it made of ONNX Runtime's WebAssembly.
 *
 *     npm run build:site
 *     node --conditions=flamingo-source tools/site-figures.ts [--visits N] [--first]    default: 3 visits after the first
 *
 * On a machine that has other work, the processor's time says more than the clock: it is that of all of Chromium's processes. With `--first` they go before everybody else's (Linux, as root).
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { isolated, type ServerManner, startServer } from "../test/package/static-server.ts";
import { findChromium } from "./chromium.ts";

const { values } = parseArgs({ options: { visits: { type: "string", default: "3" }, first: { type: "boolean", default: false } } });
const visits = Number(values.visits);
const site = fileURLToPath(new URL("../site", import.meta.url));
/** Files have the hash of their content in their names. */
const caching = { "cache-control": "public, max-age=31536000, immutable" };

async function processes(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.map(({ id }) => id);
}

/** Seconds that all processes of the browser have computed; Linux counts in hundredths. */
async function processorTime(browser: Browser): Promise<number> {
  const times = (await processes(browser)).map(async (id) => {
    const stat = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
  });
  return (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
}

/** The processes of a session are a group to Linux, which shares the processor out to groups. */
async function goFirst(ids: readonly number[]): Promise<void> {
  for (const id of ids) await writeFile(`/proc/${id}/autogroup`, "-15");
}

async function visit(browser: Browser, context: BrowserContext, url: string, name: string): Promise<void> {
  const before = await processorTime(browser);
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);
  await page.goto(url);
  await page.locator(".main .said.done").waitFor();
  const seconds = (await page.evaluate<number>("performance.now()")) / 1000;
  const processor = (await processorTime(browser)) - before;
  const costs = await page.locator(".cost .share").allTextContents();
  const running = ((await page.locator(".connection").textContent()) ?? "").trim();
  console.log(
    `${name}: first answer after ${seconds.toFixed(1)} s (${processor.toFixed(1)} s of the processor), ${running}; a question ${costs.join(", then ")}; load ${loadavg()[0]!.toFixed(1)}`,
  );
  await page.close();
}

const executablePath = findChromium();
const manners: readonly (readonly [string, ServerManner])[] = [
  ["not isolated", { headers: caching }],
  ["isolated", { headers: { ...isolated.headers, ...caching } }],
];
for (const [name, manner] of manners) {
  const server = await startServer(site, { ...manner, ranges: true });
  const profile = await mkdtemp(join(tmpdir(), "flamingo-site-figures-"));
  const options = { ...(executablePath === undefined ? {} : { executablePath }), args: ["--headless=new", "--no-sandbox"] };
  const context = await chromium.launchPersistentContext(profile, options);
  const browser = context.browser()!;
  if (values.first) await goFirst([process.pid, ...(await processes(browser))]);
  await visit(browser, context, server.address, `${name}, first visit`);
  for (let i = 0; i < visits; i++) await visit(browser, context, server.address, `${name}, model kept`);
  await context.close();
  server.close();
  await rm(profile, { recursive: true });
}
