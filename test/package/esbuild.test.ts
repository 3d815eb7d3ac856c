/** A page that esbuild bundles as docs/pages.md says, opened in Chromium: it answers, in a worker of its own too, and has every public name that is promised in browsers. */
import { execSync } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { answerOfCommand, launchChromium, saidByPage } from "./asked-page.ts";
import { namesOfSources, namesProgram, publicNames } from "./public-names.ts";
import { isolated, type StaticServer, startServer } from "./static-server.ts";

const { folder } = inject("consumer");
const project = join(folder, "with-esbuild");
const served = join(project, "public");
const promised = (await publicNames(folder)).filter(({ inBrowsers }) => inBrowsers);
const esbuild = join(fileURLToPath(import.meta.resolve("esbuild/package.json")), "../bin/esbuild");

let browser: Browser;
let server: StaticServer;
let answer: string;
beforeAll(async () => {
  await mkdir(served, { recursive: true });
  await cp(join(folder, "web"), join(project, "web"), { recursive: true });
  await symlink(join(folder, "node_modules"), join(project, "node_modules"));
  for (const name of ["A", "B", "C"]) await cp(join(folder, `public/${name}.webp`), join(served, `${name}.webp`));
  await writeFile(join(served, "index.html"), `<!doctype html><script type="module" src="/app/main.js"></script>`);
  await writeFile(join(project, "web/names.mjs"), namesProgram(promised));
  const page = await readFile(join(folder, "node_modules/flamingo-vlm/docs/pages.md"), "utf8");
  const [, commands] = /```sh\n(npx esbuild [\s\S]*?)```/.exec(page)!;
  const called = commands!.replaceAll("npx esbuild", `${esbuild} --log-level=error`);
  execSync(`set -e\n${called}`, { cwd: project, stdio: ["ignore", "ignore", "inherit"] });
  execSync(`${esbuild} web/names.mjs web/answering-worker.ts --bundle --splitting --format=esm --outdir=public/app --log-level=error`, { cwd: project });
  answer = answerOfCommand(folder);
  browser = await launchChromium();
  server = await startServer(served, isolated);
});
afterAll(async () => {
  server?.close();
  await browser?.close();
});

test("the page answers as Node does", async () => {
  expect(await saidByPage(browser, `${server.address}/`)).toMatch(new RegExp(`^ANSWER:${answer} THREADS:(?!1$)`));
});

test("so does a worker of the page's own", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.address}/A.webp`);
  const said = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const worker = new Worker("/app/answering-worker.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => resolve(message);
        worker.postMessage("");
      }),
  );
  expect(said).toMatch(new RegExp(`^ANSWER:${answer} THREADS:(?!1$)`));
  await page.close();
});

test("each public name that is promised there gives what its source does", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.address}/A.webp`);
  expect(await page.evaluate(`import("/app/names.js").then((module) => module.default)`)).toEqual(await namesOfSources(promised));
  await page.close();
});
