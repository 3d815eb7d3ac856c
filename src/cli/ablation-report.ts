/** What is said and written of an ablation when its runs have ended. */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { writeWhole } from "../data/platform/node-write.ts";
import { ConfigError } from "../model/strict-config.ts";
import type { Ablation } from "../train/ablation.ts";
import { ablationCells, type MeasuredRow, markdownTable, summaries, terminalTable } from "./ablation-table.ts";
import { packageVersion } from "./package-version.ts";

interface ReportOptions {
  /** The ablation's. */
  readonly folder: string;
  readonly markdown?: string;
  readonly json?: boolean;
}

export async function sayAblation(ablation: Ablation, measured: readonly MeasuredRow[], { folder, markdown, json = false }: ReportOptions): Promise<void> {
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
  };
  const cells = ablationCells(rows, ablation.scores);
  const seeds = Math.max(...rows.map((row) => row.seeds.length));
  const told = `${rows.length} rows, ${seeds} ${seeds === 1 ? "seed" : "seeds"}, ${runs.length} runs, ${report.hours.toFixed(1)} hours of training and asking on ${report.machine}.`;
  const page = `${told}\n\n${markdownTable(cells)}`;
  await writeWhole(join(folder, "results.json"), `${JSON.stringify(report, undefined, 1)}\n`);
  await writeWhole(join(folder, "table.md"), page);
  if (markdown !== undefined) await writeBetween(markdown, page);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${terminalTable(cells)}\n${told}\n`);
}

const [from, to] = ["<!-- ablation -->", "<!-- /ablation -->"];

/** Into the place that a page has for it, or as a page of its own. @throws ConfigError when there is a page without such a place */
async function writeBetween(file: string, page: string): Promise<void> {
  const there = await readFile(file, "utf8").catch(() => undefined);
  if (there === undefined) return writeWhole(file, page);
  const [start, end] = [there.indexOf(from), there.indexOf(to)];
  if (start < 0 || end < start)
    throw new ConfigError(`--markdown ${file}: it is there already, without the lines ${from} and ${to} that the table would stand between`);
  await writeWhole(file, `${there.slice(0, start)}${from}\n\n${page}\n${there.slice(end)}`);
}
