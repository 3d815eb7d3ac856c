/** What a visitor's browser has to fetch: a page must not grow unseen, and training is no part of it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { buildSite, built } from "./site.ts";

beforeAll(buildSite, 200_000);

async function asset(name: RegExp): Promise<string> {
  const assets = join(built, "assets");
  const found = (await readdir(assets)).filter((each) => name.test(each));
  expect(found).toHaveLength(1);
  return readFile(join(assets, found[0]!), "utf8");
}

/** In kB, as servers send it. */
const size = (content: string): number => gzipSync(content).length / 1000;

test("the page and the worker that holds the model stay small", async () => {
  expect(size(await asset(/^index-.*\.js$/))).toBeLessThan(50);
  expect(size(await asset(/^model-worker-.*\.js$/))).toBeLessThan(240);
});

test("training is left out", async () => {
  const worker = await asset(/^model-worker-.*\.js$/);
  const names = (await readdir("src/train")).filter((file) => file.endsWith(".ts")).map((file) => readFile(join("src/train", file), "utf8"));
  const training = (await Promise.all(names)).join("\n");
  // Names that survive being made short, as fields do.
  for (const name of ["learningRate", "saveEvery", "gatesEvery"]) {
    expect(training, name).toContain(name);
    expect(worker, name).not.toContain(name);
  }
});
