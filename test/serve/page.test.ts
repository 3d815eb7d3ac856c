import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { OpenAPIHono } from "@hono/zod-openapi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addPage } from "../../src/serve/page.ts";
import type { RequestVariables } from "../../src/serve/service.ts";

let folder: string;
let app: OpenAPIHono<RequestVariables>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-page-"));
  app = new OpenAPIHono<RequestVariables>();
  addPage(app, pathToFileURL(`${join(folder, "built")}/`));
  await writeFile(join(folder, "secret.js"), "secret");
});
afterAll(() => rm(folder, { recursive: true }));

test("what is not built yet says what to run", async () => {
  const answer = await app.request("/");
  expect(await answer.text()).toContain("run <code>npm run build</code>");
  expect((await app.request("/assets/index-1.js")).status).toBe(404);
});

test("the page and its files have their types, the page is asked for each time, its files once; nothing else is given", async () => {
  await mkdir(join(folder, "built/assets/folder"), { recursive: true });
  await writeFile(join(folder, "built/index.html"), "<title>page</title>");
  await writeFile(join(folder, "built/other.js"), "other");
  await writeFile(join(folder, "built/assets/index-1.js"), "program");
  const page = await app.request("/");
  expect(await page.text()).toBe("<title>page</title>");
  expect(Object.fromEntries(page.headers)).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
  });
  const policy = page.headers.get("content-security-policy");
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  const program = await app.request("/assets/index-1.js");
  expect(await program.text()).toBe("program");
  expect(Object.fromEntries(program.headers)).toMatchObject({
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=31536000, immutable",
  });
  for (const path of [
    "/assets/",
    "/assets/none.js",
    "/assets/folder",
    "/assets/..%2Fother.js",
    "/assets/%2e%2e%2fother.js",
    "/assets/..%2F..%2Fsecret.js",
    "/assets/%2Fetc%2Fpasswd",
    "/assets/index-1.js%00",
    "/other.js",
    "/index.html",
  ])
    expect([path, (await app.request(path)).status]).toEqual([path, 404]);
});
