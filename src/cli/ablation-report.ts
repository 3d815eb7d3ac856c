/** What is said and written of an ablation when its runs have ended. */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { writeWhole } from "../data/platform/node-write.ts";
import { ConfigError } from "../model/strict-config.ts";
import { packageVersion } from "../serve/package-version.ts";
import type { Ablation } from "../train/ablation.ts";
import { ablationCells, conclusions, type MeasuredRow, markdownTable, summaries, terminalTable } from "./ablation-table.ts";

/** Everything that is known of the rows, for JSON. */
export type AblationReport = Awaited<ReturnType<typeof writeAblation>>;

/**
 * Writes the table of what has ended so far into the ablation's folder.
 * @param measured - of at least one row a run has ended
 */
export async function writeAblation(ablation: Ablation, measured: readonly MeasuredRow[], folder: string) {
  const rows = summaries(measured);
  const runs = rows.flatMap((row) => row.runs);
  const [processor] = cpus();
  const report = {
    ablation: ablation.name,
    "flamingo-vlm": await packageVersion(),
    machine: `${processor?.model ?? "unknown"}, ${cpus().length} cores`,
    runs: runs.length,
    hours: runs.reduce((sum, { trainingSeconds, evaluationSeconds }) => sum + trainingSeconds + evaluationSeconds, 0) / 3600,
    scores: ablation.scores,
    rows,
    conclusions: conclusions(rows),
  };
  await writeWhole(join(folder, "results.json"), `${JSON.stringify(report, undefined, 1)}\n`);
  await writeWhole(join(folder, "table.md"), pageOf(report));
  return report;
}

function pageOf({ rows, scores, conclusions: concluded, ...report }: AblationReport): string {
  return `${summary({ rows, ...report })}\n\n${markdownTable(ablationCells(rows, scores))}${concluded.map((each) => `\n${each}\n`).join("")}`;
}

function summary({ rows, runs, hours, machine }: Pick<AblationReport, "rows" | "runs" | "hours" | "machine">): string {
  const seeds = Math.max(...rows.map((row) => row.seeds.length));
  return `${counted(rows.length, "row")}, ${counted(seeds, "seed")}, ${counted(runs, "run")}, ${hours.toFixed(1)} hours of training and asking on ${machine}.`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Prints the table, and writes it into the page that is asked for. */
export async function sayAblation(report: AblationReport, { markdown, json = false }: { readonly markdown?: string; readonly json?: boolean }): Promise<void> {
  if (markdown !== undefined) {
    const { before, after } = await placeIn(markdown);
    await writeWhole(markdown, before + pageOf(report) + after);
  }
  const { rows, scores, conclusions: concluded } = report;
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${[terminalTable(ablationCells(rows, scores)), summary(report), ...concluded].join("\n")}\n`);
}

const [from, to] = ["<!-- ablation -->", "<!-- /ablation -->"];

interface PagePlace {
  readonly before: string;
  readonly after: string;
}

/** What stands around the table in a page that is there already; nothing where it is not. @throws ConfigError when it has no place for a table */
export async function placeIn(file: string): Promise<PagePlace> {
  const there = await readFile(file, "utf8").catch(() => undefined);
  if (there === undefined) return { before: "", after: "" };
  // Lines of their own: a page may also say what they are called.
  const [start, end] = [from, to].map((line) => there.search(new RegExp(`^${line}$`, "m"))) as [number, number];
  if (start < 0 || end < start)
    throw new ConfigError(`--markdown ${file}: it is there already, without the lines ${from} and ${to} that the table would stand between`);
  return { before: `${there.slice(0, start)}${from}\n\n`, after: `\n${there.slice(end)}` };
}
