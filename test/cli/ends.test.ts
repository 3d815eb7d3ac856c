import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { writeNoiseFile } from "./noise-file.ts";
import { runFlamingo } from "./run-flamingo.ts";

// Every call starts a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-ends-"));
  model = (await writeTinyModel()).folder;
  for (const [name, seed] of [
    ["a.png", 1],
    ["b.png", 2],
  ] as const) {
    await writeNoiseFile(join(folder, name), seed);
  }
  await writeFile(join(folder, "questions.jsonl"), '{"image": "a.png"}\n{"image": "b.png"}\n');
});
afterAll(async () => {
  for (const each of [model, folder]) await rm(each, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);
const onModel = (): string[] => ["--model", model, "--device", "cpu", "--shot", `${at("a.png")}=the cat`];

const commands: Readonly<Record<string, () => readonly string[]>> = {
  help: () => ["--help"],
  version: () => ["--version"],
  start: () => ["start", "--once", "--out", at("answers")],
  "start --json": () => ["start", "--json", "--out", at("answers")],
  ask: () => ["ask", ...onModel(), "--image", at("b.png")],
  "ask --json": () => ["ask", ...onModel(), "--image", at("b.png"), "--json"],
  "ask --beams": () => ["ask", ...onModel(), "--image", at("b.png"), "--beams", "2"],
  "ask --queries": () => ["ask", ...onModel(), "--queries", at("questions.jsonl")],
  score: () => ["score", ...onModel(), "--image", at("b.png"), "--choice", "cat", "--choice", "hat"],
  "score --json": () => ["score", ...onModel(), "--image", at("b.png"), "--choice", "cat", "--choice", "hat", "--json"],
  params: () => ["params", "--size", "flamingo-3b"],
  "params --json": () => ["params", "--size", "flamingo-3b", "--json"],
  inspect: () => ["inspect", model],
  "inspect --json": () => ["inspect", join(model, "language.safetensors"), "--json"],
  evaluate: () => ["evaluate", "--limit", "2", "--baselines", "0", "--only", "2-way"],
};

describe.each(Object.entries(commands))("%s", (_, args) => {
  it("ends quietly when nobody reads its output", async () => {
    const { code, signal, stderr } = await runFlamingo(args(), { closeOutput: true });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stderr).not.toMatch(/^\s+at |terminate called|EPIPE/m);
  });

  it("says that its output is lost when the disk is full", async () => {
    const { code, signal, stderr } = await runFlamingo(args(), { outputFile: "/dev/full" });
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr.split("\n").filter((line) => line.startsWith("flamingo: "))).toEqual(["flamingo: standard output: no space left on device"]);
    expect(stderr).not.toMatch(/^\s+at |terminate called/m);
  });
});

describe("a file that does not fit on the disk", () => {
  it.each<{ what: string; file: string; args: () => readonly string[] }>([
    { what: "the page of start", file: "full/index.html", args: () => ["start", "--once", "--out", at("full")] },
    { what: "a support set", file: "full/words.safetensors", args: () => ["ask", ...onModel(), "--save-support", at("full/words.safetensors")] },
    { what: "the results of evaluate", file: "full/results.json", args: () => [...commands["evaluate"]!(), "--out", at("full/results.json")] },
  ])("$what: one line that names it, exit code 1", async ({ file, args }) => {
    await mkdir(at("full"), { recursive: true });
    await symlink("/dev/full", at(file));
    const { code, stderr } = await runFlamingo(args());
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^flamingo: .*${file} cannot be written: no space left on device$`, "m"));
    expect(stderr).not.toMatch(/^\s+at /m);
    // A device stays one, also for a user who might replace it.
    expect((await lstat("/dev/full")).isCharacterDevice()).toBe(true);
    expect(await readdir(at("full"))).toContain(file.slice("full/".length));
  });

  it("a device is written, not replaced", async () => {
    const { code, stdout } = await runFlamingo(["ask", ...onModel(), "--save-support", "/dev/null"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect((await lstat("/dev/null")).isCharacterDevice()).toBe(true);
  });
});

describe("a signal", () => {
  const numbers = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const moments = [30, 100, 200, 300, 450, 600];
  const cases = (["start", "ask"] as const).flatMap((command) =>
    (Object.keys(numbers) as (keyof typeof numbers)[]).flatMap((signal) =>
      [false, true].map((toAll) => ({ command, signal, toAll, to: toAll ? "all processes" : "the first process" })),
    ),
  );

  it.each(cases)("$signal to $to ends $command at any moment, with its code and without a word", async ({ command, signal, toAll }) => {
    for (const moment of moments) {
      const args = command === "start" ? ["start", "--once", "--out", at("signalled")] : ["ask", ...onModel(), "--image", at("b.png"), "--max-tokens", "120"];
      let sent: NodeJS.Timeout | undefined;
      const ended = await runFlamingo(args, { toAll, started: (send) => (sent = setTimeout(() => send(signal), moment)) });
      clearTimeout(sent);
      expect(ended.stderr, `after ${moment} ms`).not.toMatch(/terminate called|^\s+at /m);
      // The first process may not have come to its first line yet; then the system ends it.
      if (ended.signal === null) expect([numbers[signal], 0], `after ${moment} ms`).toContain(ended.code);
      else expect(ended.signal).toBe(signal);
    }
  });
});
