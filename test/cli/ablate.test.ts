/** An ablation of two rows: whole, stopped and killed in the middle; and what is wrong with it. */
import { access, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AblationResult } from "../../src/cli/ablation-run.ts";
import type { RowSummary } from "../../src/cli/ablation-table.ts";
import { type Called, runFlamingo } from "./run-flamingo.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-ablate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ablate = (out: string, args: readonly string[] = [], options: Parameters<typeof runFlamingo>[1] = {}): Promise<Called> =>
  runFlamingo(["ablate", "test/cli/ablation/tiny.ts", "--out", join(folder, out), "--threads", "1", "--device", "cpu", ...args], options);

const there = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** What a run has come to, without what depends on the machine's moment. */
async function outcomeOf(run: string): Promise<object> {
  const {
    trainingSeconds: _,
    evaluationSeconds: __,
    stepSeconds: ___,
    ...result
  } = JSON.parse(await readFile(join(run, "result.json"), "utf8")) as AblationResult;
  const events = (await readFile(join(run, "events.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; step: number });
  return {
    result,
    steps: events.filter(({ type }) => type === "step").map(({ step }) => step),
    weights: (await readFile(join(run, "fusion.safetensors"))).toString("base64"),
    answers: (await readFile(join(run, "predictions.jsonl"), "utf8")).replaceAll(/"model":"[^"]*"/g, ""),
  };
}

const runs = ["baseline/seed-1", "baseline/seed-2", "iii-no-tanh-gating/seed-1", "iii-no-tanh-gating/seed-2"];

test("one that was stopped and killed comes to what one that never was comes to, and does nothing twice", { timeout: 300_000 }, async () => {
  const whole = await ablate("whole", ["--json"]);
  expect(whole.stderr).toContain("training tiny-vision\n");
  expect(whole.code).toBe(0);
  expect((await readdir(join(folder, "whole"))).sort()).toEqual(["tiny", "tiny-language", "tiny-vision"]);

  // Ctrl-C in the middle of the first run, kill -9 in the middle of the second, kill -9 while the third is asked.
  const ends = [
    { signal: "SIGINT", when: "baseline/seed-1/checkpoint.safetensors" },
    { signal: "SIGKILL", when: "iii-no-tanh-gating/seed-1/checkpoint.safetensors" },
    { signal: "SIGKILL", when: "baseline/seed-2/predictions.jsonl" },
  ] as const;
  for (const { signal, when } of ends) {
    let over = false;
    const call = ablate("ended", [], {
      toAll: true,
      started: async (send) => {
        while (!over && !(await there(join(folder, "ended", "tiny", when)))) await pause(5);
        send(signal);
      },
    });
    const { code, stderr, signal: by } = await call;
    over = true;
    if (signal === "SIGINT")
      expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining("stopped; the same command goes on") as string });
    else expect(by ?? code).not.toBe(0);
  }
  const firstResult = join(folder, "ended", "tiny", "baseline", "seed-1", "result.json");
  const { mtimeMs } = await stat(firstResult);
  const last = await ablate("ended", ["--json"]);
  expect(last.code).toBe(0);
  expect((await stat(firstResult)).mtimeMs).toBe(mtimeMs);
  for (const run of runs) expect(await outcomeOf(join(folder, "ended", "tiny", run)), run).toEqual(await outcomeOf(join(folder, "whole", "tiny", run)));

  const { rows } = JSON.parse(last.stdout) as { rows: readonly RowSummary[] };
  expect(rows).toHaveLength(2);
  const [baseline, changed] = rows;
  expect(baseline).toMatchObject({ id: "baseline", seeds: [1, 2] });
  expect(changed).toMatchObject({ id: "iii-no-tanh-gating", setting: "tanh gating", original: "on", changed: "off", seeds: [1, 2], verdict: "open" });
  // Two gates for each of two layers.
  expect(baseline!.parameters - changed!.parameters).toBe(4);
  const [first] = baseline!.runs;
  expect(first!.overall).toBeCloseTo((100 * (first!.scores["shapes"]! / 80 + first!.scores["captions"]! / 1000)) / 2, 10);
  expect(first!.losses).toEqual({ M3W: expect.any(Number), ALIGN: expect.any(Number), LTIP: expect.any(Number), VTP: expect.any(Number) });

  // All is done: it is only said again, for one seed and into a page.
  const page = join(folder, "page.md");
  await writeFile(page, "# Results\n\nBetween `<!-- ablation -->` and `<!-- /ablation -->`.\n\n<!-- ablation -->\nold\n<!-- /ablation -->\n\nThe end.\n");
  const again = await ablate("ended", ["--seeds", "1", "--markdown", page]);
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(again.stdout).toMatch(/params +step s +shapes +captions +overall +difference +published +as published\nbaseline +0\.\d\dM/);
  const written = await readFile(page, "utf8");
  expect(written).toMatch(/^# Results\n\nBetween .*\n\n<!-- ablation -->\n\n2 rows, 1 seed, 2 runs, .*\n\n\| {2}\| changed \| params \|/);
  expect(written).toContain("| iii | tanh gating: on → off |");
  expect(written).toMatch(/<!-- \/ablation -->\n\nThe end\.\n$/);
  expect(written).not.toContain("\nold\n");

  const other = await ablate("ended", ["--set", "train.steps=8"]);
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(
    /baseline.seed-1 is a run with other settings \(train\.steps: 6 → 8\); give another folder under --out, or begin anew with --no-resume/,
  );
});

test.each([
  [
    ["--rows", "iii,ix"],
    2,
    /--rows iii,ix: there is no row and no group "ix"; there are the groups baseline, iii, a-v and the rows baseline, iii-no-tanh-gating, a-v-vision-from-scratch, a-v-vision-fine-tuned/,
  ],
  [["--set", "train.stepz=3"], 2, /training config: .*stepz.*steps/],
  [["--set", "fusion.every=2"], 2, /training config: .*fusion/],
  [["--set", "train.seed=3"], 2, /--set train\.seed: rows have names and seeds of their own; the number of seeds is --seeds/],
  [["--seeds", "0"], 2, /--seeds/],
  [["--markdown", "README.md"], 2, /--markdown README\.md: it is there already, without the lines <!-- ablation -->/],
  [
    ["--seeds", "1", "--set", "model.language.blocks=3"],
    1,
    /language.*2 runs have failed and are not in the table: baseline, seed 1; iii-no-tanh-gating, seed 1/s,
  ],
] as const)("%s is an error that says so", async (args, code, message) => {
  const called = await ablate("wrong", args);
  expect(called.stderr).toMatch(message);
  expect(called.code).toBe(code);
  expect(called.stderr).not.toContain("    at ");
});

test("a module that describes no ablation, and scores that the suite does not give, are named", async () => {
  const module = (text: string): Promise<void> => writeFile(join(folder, "own.ts"), text);
  const called = (): Promise<Called> => runFlamingo(["ablate", join(folder, "own.ts"), "--out", join(folder, "own")]);
  await module("export default () => ({ name: 'own', rows: [], suite: { module: './s.ts', limit: 1, seed: 1 }, scores: [], seeds: 1, rowz: 1 });");
  expect((await called()).stderr).toMatch(/ablation: .*rowz/s);
  const tiny = join(process.cwd(), "test/cli/ablation/tiny.ts");
  await module(`import tiny from ${JSON.stringify(tiny)};
    export default (runs) => ({ ...tiny(runs), suite: { module: ${JSON.stringify(join(process.cwd(), "test/cli/ablation/suite.ts"))}, limit: 2, seed: 1 }, scores: [{ title: "VQA", task: "VQA", shots: 4, best: 100 }] });`);
  const { stderr, code } = await called();
  expect(stderr).toMatch(/the score "VQA" is of a task "VQA" after 4 shots; the suite has "shapes" after 2, "captions" after 1/);
  expect(code).toBe(2);
});
