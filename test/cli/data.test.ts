import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFlamingo } from "./run-flamingo.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-data-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function module(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s to the first process ends the programs that prepare data, too", async (signal, code) => {
  const file = await module(
    "waits.ts",
    `import { runProgram } from ${JSON.stringify(join(import.meta.dirname, "../../recipes/nano/run-program.ts"))};
export default async ({ pid }, show, signal) => {
  const folder = ${JSON.stringify(folder)};
  setTimeout(() => show("it runs", true), 500);
  await runProgram("sh", ["-c", 'echo $$ > "$0"; exec sleep 60', pid], { folder, purpose: "wait", signal });
  return {};
};`,
  );
  const pid = join(folder, `${signal}.pid`);
  let sent = false;
  const ended = await runFlamingo(["data", file, "--set", `pid=${pid}`], {
    watch: (stderr, send) => {
      if (sent || !stderr.includes("it runs")) return;
      sent = true;
      send(signal);
    },
  });
  expect(ended).toMatchObject({ code, stderr: "it runs\nflamingo: stopped; the same command goes on\n" });
  expect(isRunning(Number(await readFile(pid, "utf8")))).toBe(false);
});

test.each(["({ tasks: [{}], fileOf: () => 'x' })", "undefined", "7"])("a module that gives %s prepares no data", async (result) => {
  const file = await module(`gives-${result.length}.ts`, `export default async () => ${result};`);
  const { code, stdout, stderr } = await runFlamingo(["data", file]);
  expect(stderr).toMatch(/^flamingo: the default export of the module .* gave something else than it should; it should be a function that prepares data/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.each(["({})", "undefined", "({ tasks: [], fileOf: () => 'x' })"])("a module that gives %s opens no suite", async (result) => {
  const file = await module(`suite-${result.length}.ts`, `export default async () => ${result};`);
  const { code, stderr } = await runFlamingo(["evaluate", "--suite", file]);
  expect(stderr).toMatch(/^flamingo: the default export of the module .* gave something else than it should; it should be a function that opens a suite/);
  expect(code).toBe(2);
});

test("every recipe that errors name has data to prepare", async () => {
  const { stderr } = await runFlamingo(["data", "nope"]);
  const known = /there are: (.*)\. Or/.exec(stderr)![1]!.split(", ");
  expect(known).toEqual(["contrastive", "easy-vqa", "nano", "vl-icl"]);
});
