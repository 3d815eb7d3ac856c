/** The programs in examples/ do what they say. */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const photograph = join(repository, "models/nano/photographs/cat.webp");

const examples: Readonly<Record<string, { readonly args?: readonly string[]; readonly says: RegExp }>> = {
  "ai-sdk.ts": { says: /^a dax {3}\(12 tokens read\)\na dax {3}\(\d+ tokens were read before\)\n$/ },
  "few-shot.ts": { says: /^twemoji\/turtle: a dax .*\nemojione\/crown: a blick .*\n$/ },
  "many-questions.ts": { says: /^twemoji\/turtle: a dax\ntwemoji\/crown: a blick\nemojione\/crown: a blick\n$/ },
  "streaming.ts": { args: [photograph], says: /^ ?\S.*\n$/ },
};

it("each of them is run here", async () => {
  expect((await readdir(join(repository, "examples"))).toSorted()).toEqual(Object.keys(examples).toSorted());
});

it.each(Object.entries(examples))("%s", { timeout: 120_000 }, async (name, { args = [], says }) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--conditions=flamingo-source", join(repository, "examples", name), ...args]);
  expect(stdout).toMatch(says);
  expect(stderr).toBe("");
});
