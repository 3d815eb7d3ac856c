import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pictures } from "../parity/published-model.ts";
import { runFlamingo } from "./run-flamingo.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
let commands: readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-own-language-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules/flamingo-vlm"));
  await mkdir(join(folder, "pictures"));
  for (const [i, text] of ["two cats", "a red hat"].entries()) {
    await cp(pictures[i]!, join(folder, `pictures/00${i}.png`));
    await writeFile(join(folder, `pictures/00${i}.txt`), text);
  }
  await cp(join(root, "test/fixtures/checkpoint/gguf/llama-quantised.gguf"), join(folder, "language.gguf"));
  // What is written in the docs is what is run.
  const page = await readFile(join(root, "docs/own-language-model.md"), "utf8");
  await writeFile(join(folder, "own-language.json"), /```json\n(.*?)```/s.exec(page)![1]!);
  commands = [...page.matchAll(/^npx flamingo (.*)$/gm)].map(([, args]) => args!);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a language model in a GGUF file is looked at, joined with nano's eyes, packed and asked, as the docs say", { timeout: 300_000 }, async () => {
  expect(commands.map((command) => command.split(" ")[0])).toEqual(["inspect", "data", "train", "pack", "ask"]);
  const quick = ["train.steps=4", "optimiser.warmup=1", "optimiser.learningRate=0.01", "data.0.rows=2"].flatMap((each) => ["--set", each]);
  for (const command of commands) {
    const { code, stderr, stdout } = await runFlamingo([...command.split(" "), ...(command.startsWith("train") ? quick : [])], { folder });
    expect([command, code], stderr).toEqual([command, 0]);
    expect(stdout, command).not.toBe("");
  }
  const { parts } = JSON.parse(await readFile(join(folder, "own-language/flamingo.json"), "utf8")) as { parts: { language: { file: string } } };
  expect(parts.language.file).toBe("language.safetensors");
});
