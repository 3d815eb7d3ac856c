/** The program that docs/few-shot.md is, block after block. */
import { spawnSync } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";

const { folder } = inject("consumer");
const project = join(folder, "few-shot");

beforeAll(async () => {
  await mkdir(project);
  for (const name of ["A", "B", "C"]) await cp(join(folder, `public/${name}.webp`), join(project, `${name}.webp`));
  await writeFile(join(project, "package.json"), `{ "type": "module" }`);
  const page = await readFile(join(folder, "node_modules/flamingo-vlm/docs/few-shot.md"), "utf8");
  await writeFile(join(project, "program.ts"), [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code).join("\n"));
});

test("says what the page says", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["program.ts"], { cwd: project, encoding: "utf8" });
  expect([stdout.split("\n"), stderr]).toEqual([
    ["a blick", expect.stringMatching(/^a blick: \d+ %$/), "a blick", "[ 'a dax', 'a blick' ]", "a blick", expect.stringMatching(/package\.json/), ""],
    "",
  ]);
});
