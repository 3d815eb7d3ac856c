/** The table of an ablation, in the paper's layout: parameters, step time, scores, overall score; and what it says of the published conclusions. */
import { meanOfRuns } from "../evaluate/metrics/few-runs.ts";
import type { Estimate } from "../evaluate/metrics/proportion.ts";
import type { AblationRow, AblationScore } from "../train/ablation.ts";
import type { AblationResult } from "./ablation-run.ts";
import { table } from "./result-table.ts";

/** A row with the runs that have ended. */
export interface MeasuredRow {
  readonly row: AblationRow;
  readonly runs: readonly AblationResult[];
}

/** Whether a published difference is seen here as well: `holds`, `fails` (the other way round), or `open`. */
export type Verdict = "holds" | "fails" | "open";

export interface RowSummary {
  readonly id: string;
  readonly group: string;
  readonly setting: string;
  readonly original: string;
  readonly changed: string;
  readonly seeds: readonly number[];
  readonly parameters: number;
  /** Of the quickest seed. */
  readonly stepSeconds: number;
  /** Means over the seeds. */
  readonly scores: Readonly<Record<string, number>>;
  readonly overall: Estimate;
  /** Of the overall score, to the baseline's with the same seed. */
  readonly difference?: Estimate;
  readonly published?: number;
  readonly verdict?: Verdict;
  readonly runs: readonly AblationResult[];
}

/** Rows without a run that has ended are left out. @param rows - the baseline first */
export function summaries(rows: readonly MeasuredRow[]): readonly RowSummary[] {
  const baseline = new Map(rows[0]!.runs.map(({ seed, overall }) => [seed, overall]));
  return rows.flatMap(({ row, runs }, place) => {
    const [first] = runs;
    if (first === undefined) return [];
    const { id, group, setting, original, changed, published } = row;
    const pairs = place === 0 ? [] : runs.flatMap(({ seed, overall }) => (baseline.has(seed) ? [overall - baseline.get(seed)!] : []));
    const difference = pairs.length === 0 ? undefined : meanOfRuns(pairs);
    return [
      {
        ...{ id, group, setting, original, changed, seeds: runs.map(({ seed }) => seed) },
        parameters: first.parameters.total,
        stepSeconds: Math.min(...runs.map(({ stepSeconds }) => stepSeconds)),
        scores: Object.fromEntries(Object.keys(first.scores).map((title) => [title, mean(runs.map(({ scores }) => scores[title]!))])),
        overall: meanOfRuns(runs.map(({ overall }) => overall)),
        ...(difference === undefined ? {} : { difference }),
        ...(published === undefined ? {} : { published }),
        ...(difference === undefined || published === undefined ? {} : { verdict: verdictOf(difference, published) }),
        runs,
      },
    ];
  });
}

function verdictOf({ low, high }: Estimate, published: number): Verdict {
  if (low <= 0 && high >= 0) return "open";
  return Math.sign(low) === Math.sign(published) ? "holds" : "fails";
}

const verdicts: Readonly<Record<Verdict, string>> = { holds: "yes", fails: "the other way round", open: "cannot be told" };

/** What of the published conclusions, that a row is worse or better than the baseline, is seen here: each difference within its own 95% interval. */
export function conclusions(rows: readonly RowSummary[]): readonly string[] {
  const of = (verdict: Verdict): string =>
    rows
      .filter((row) => row.verdict === verdict)
      .map(({ id }) => id)
      .join(", ") || "none";
  if (rows.every(({ verdict }) => verdict === undefined)) return [];
  return [`Seen here as published: ${of("holds")}.`, `The other way round: ${of("fails")}.`, `Cannot be told: ${of("open")}.`];
}

/** @param scores - the columns */
export function ablationCells(rows: readonly RowSummary[], scores: readonly AblationScore[]): readonly (readonly string[])[] {
  const header = ["", "changed", "params", "step s", ...scores.map(({ title }) => title), "overall", "difference", "published", "as published"];
  return [
    header,
    ...rows.map((row) => [
      row.setting === "" ? "" : row.group,
      row.setting === "" ? "baseline" : `${row.setting}: ${row.original} → ${row.changed}`,
      millions(row.parameters),
      row.stepSeconds.toFixed(2),
      ...scores.map(({ title }) => row.scores[title]!.toFixed(1)),
      withHalf(row.overall),
      row.difference === undefined ? "" : withHalf(row.difference, true),
      row.published === undefined ? "" : signed(row.published),
      row.verdict === undefined ? "" : verdicts[row.verdict],
    ]),
  ];
}

export function terminalTable(cells: readonly (readonly string[])[]): string {
  // The only column of words that comes first.
  const [header, ...rows] = cells.map(([group, changed, ...others]) => [group === "" ? changed! : `${group}  ${changed}`, ...others]);
  return table([header!, ...rows]);
}

export function markdownTable(cells: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |\n`;
  const [header, ...rows] = cells;
  return line(header!) + line(header!.map((_, column) => (column < 2 ? "---" : "---:"))) + rows.map(line).join("");
}

function withHalf({ value, high }: Estimate, difference = false): string {
  const shown = difference ? signed(value) : value.toFixed(1);
  return Number.isFinite(high) ? `${shown} ± ${(high - value).toFixed(1)}` : shown;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
}

function millions(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)}B` : `${(count / 1e6).toFixed(2)}M`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
