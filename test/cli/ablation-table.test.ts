import { expect, test } from "vitest";
import type { AblationResult } from "../../src/cli/ablation-run.ts";
import { ablationCells, conclusions, markdownTable, summaries, terminalTable } from "../../src/cli/ablation-table.ts";
import type { AblationRow } from "../../src/train/ablation.ts";

const row = (id: string, published?: number): AblationRow => ({
  ...{ id, group: id, setting: id === "baseline" ? "" : "gates", original: "on", changed: id },
  config: {} as AblationRow["config"],
  ...(published === undefined ? {} : { published }),
});
const run = (seed: number, overall: number, stepSeconds = 0.5): AblationResult => ({
  ...{ seed, overall, stepSeconds, trainingSeconds: 1, evaluationSeconds: 1, losses: {} },
  suite: { name: "suite.ts", limit: 1, seed: 1 },
  parameters: { total: 3_200_000_000, trained: 1 },
  scores: { VQA: overall / 2 },
});
const runs = (...overall: readonly number[]): AblationResult[] => overall.map((each, i) => run(i + 1, each));

const measured = [
  { row: row("baseline"), runs: runs(50, 52, 54) },
  // 10 ± 0.1 below, seed by seed, though the seeds differ by 2.
  { row: row("off", -4.2), runs: runs(40.05, 42, 43.95) },
  { row: row("more", -1), runs: runs(60, 62.1, 63.9) },
  { row: row("same", -1), runs: runs(47, 54, 53) },
  { row: row("once", -1), runs: runs(10) },
  { row: row("ours"), runs: runs(51, 53, 55) },
  { row: row("failed", -1), runs: [] },
];

test("a row's difference is taken seed by seed, and what was published is seen, or not, or cannot be told", () => {
  const rows = summaries(measured);
  expect(rows.map(({ id, verdict }) => [id, verdict])).toEqual([
    ["baseline", undefined],
    ["off", "holds"],
    ["more", "fails"],
    ["same", "open"],
    ["once", "open"],
    ["ours", undefined],
  ]);
  expect(conclusions(rows)).toEqual(["Seen here as published: off.", "The other way round: more.", "Cannot be told: same, once."]);
  expect(conclusions(summaries(measured.slice(0, 1)))).toEqual([]);
  const [baseline, off] = rows;
  expect(baseline!.difference).toBeUndefined();
  expect(baseline!.overall.value).toBe(52);
  // t of 2 degrees of freedom times 2 / sqrt(3), and 0.05 / sqrt(3).
  expect(baseline!.overall.high - 52).toBeCloseTo(4.9687, 3);
  expect(off!.difference!.value).toBeCloseTo(-10, 10);
  expect(off!.difference!.high).toBeCloseTo(-9.8758, 4);
  expect(off!.scores).toEqual({ VQA: 21 });
});

test("the table has the paper's columns, in the terminal and as Markdown", () => {
  const cells = ablationCells(summaries(measured), [{ title: "VQA", task: "VQA", shots: 4, best: 50 }]);
  expect(markdownTable(cells).split("\n").slice(0, 4)).toEqual([
    "|  | changed | params | step s | VQA | overall | difference | published | as published |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    "|  | baseline | 3.2B | 0.50 | 26.0 | 52.0 ± 5.0 |  |  |  |",
    "| off | gates: on → off | 3.2B | 0.50 | 21.0 | 42.0 ± 4.8 | −10.0 ± 0.1 | −4.2 | yes |",
  ]);
  const lines = terminalTable(cells)
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(lines[0]).toEqual(["changed", "params", "step s", "VQA", "overall", "difference", "published", "as published"]);
  expect(lines[5]).toEqual(["once", "gates: on → once", "3.2B", "0.50", "5.0", "10.0", "−40.0", "−1.0", "cannot be told"]);
});
