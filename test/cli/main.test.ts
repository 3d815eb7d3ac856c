import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { runFlamingo } from "./run-flamingo.ts";

const commands = ["start", "ask", "score", "serve", "params", "train", "evaluate", "data", "inspect"];

describe("flamingo", () => {
  it("lists every command with --help, on standard output, with exit code 0", async () => {
    const { code, stdout, stderr } = await runFlamingo(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} .+`, "m"));
    expect(stdout).toContain("Exit codes: 0 done, 1 failed, 2 called wrongly.");
  });

  it("prints the package's version", async () => {
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
    expect(await runFlamingo(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it.each(commands)("%s has help of its own", async (command) => {
    const { code, stdout } = await runFlamingo([command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: flamingo ${command}`);
  });

  it("shows the same help for `help COMMAND`", async () => {
    const [asked, own] = await Promise.all([runFlamingo(["help", "params"]), runFlamingo(["params", "--help"])]);
    expect(asked).toEqual(own);
  });

  it("ends quietly when its reader has seen enough", async () => {
    const { code, stderr } = await runFlamingo(["--help"], { closeOutput: true });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it.each([
    [["nope"], /unknown command 'nope'/],
    [["params", "--nope"], /unknown option '--nope'/],
    [["params"], /name one model/],
    [["params", "--size", "nope"], /Allowed choices are flamingo-3b/],
    [["params", "--size", "flamingo-3b", "--set", "fusion"], /write KEY=VALUE/],
    [["params", "--size", "flamingo-3b", "--set", "fusion.evry=4"], /evry/],
    [["params", "no-such-file.ts"], /no-such-file\.ts/],
    [["ask"], /nothing is asked/],
    [["ask", "--shot", "no-text.png", "--image", "x.png"], /FILE=TEXT/],
    [["score", "--image", "x.png"], /nothing to compare/],
    [["ask", "--image", "x.png", "--max-tokens", "many"], /--max-tokens <number>.*whole number of at least 1/],
    [["evaluate", "--suite", "nope"], /no recipe with the suite "nope"; there are: easy-vqa, nano, packaged, vl-icl/],
  ])("%j is wrong usage: exit code 2, one clear message, nothing on standard output", async (args, message) => {
    const { code, stdout, stderr } = await runFlamingo(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("a wrong model folder fails with exit code 1 and says what to give", async () => {
    const { code, stdout, stderr } = await runFlamingo(["inspect", "test/cli"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^flamingo: cannot load the model "test\/cli".*flamingo\.json.*\n$/);
  });
});

describe("flamingo params", () => {
  it("prints one JSON object whose parts add up", async () => {
    const { code, stdout, stderr } = await runFlamingo(["params", "--size", "flamingo-3b", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { total, trainable, parts } = JSON.parse(stdout) as { total: number; trainable: number; parts: Record<string, number> };
    expect(Object.keys(parts).sort()).toEqual(["fusion", "language", "resampler", "vision"]);
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBe(total);
    // Besides the new parts, the row of the new token in the embedding.
    expect(trainable - parts["resampler"]! - parts["fusion"]!).toBe(2048);
    // 3.2B in the paper's Table 1.
    expect(total / 1e9).toBeCloseTo(3.2, 1);
  });

  it("--set changes what it names, and a part of another kind keeps what both kinds have", async () => {
    const total = async (...set: readonly string[]): Promise<number> => {
      const { stdout } = await runFlamingo(["params", "--size", "flamingo-3b", ...set.flatMap((each) => ["--set", each]), "--json"]);
      return (JSON.parse(stdout) as { total: number }).total;
    };
    const [every, sparse, mlp] = await Promise.all([total(), total("fusion.every=4"), total("resampler=mlp")]);
    expect(sparse).toBeLessThan(every);
    expect(mlp).not.toBe(every);
  });
});
