import { modelName } from "../evaluate/answerers.ts";
import type { TaskResult } from "../evaluate/evaluate-tasks.ts";
import type { Estimate } from "../evaluate/metrics/proportion.ts";
import type { TaskCurve } from "../evaluate/task-curves.ts";

/** Results for a terminal, in percent: one line for each figure of a task after so many examples, the answerers side by side; of several trials the mean and how far apart they are. */
export function resultTable(results: readonly TaskResult[]): string {
  const answerers = [...new Set(results.map(({ answerer }) => answerer))];
  const rows = [...Map.groupBy(results, ({ task, shots }) => `${task}, ${shots} shots`)].flatMap(([label, cells]) => {
    const { chance, textExamples = 0 } = cells[0]!;
    const names = Object.keys(cells[0]!.measures ?? {});
    return names.map((name, i) => [
      `${label}${textExamples > 0 ? ` (${textExamples} in words)` : ""}: ${name}`,
      i === 0 && chance !== undefined ? percent(chance) : "",
      ...answerers.map((answerer) => cell(cells.filter((each) => each.answerer === answerer).flatMap(({ measures }) => measures?.[name]?.estimate ?? []))),
    ]);
  });
  return table([["% (95% interval)", "chance", ...answerers], ...rows]);
}

function cell(estimates: readonly Estimate[]): string {
  const [first] = estimates;
  if (first === undefined) return "";
  const mean = estimates.reduce((sum, { value }) => sum + value, 0) / estimates.length;
  if (estimates.length === 1) return `${percent(mean)} (${percent(first.low)}-${percent(first.high)})`;
  return `${percent(mean)} ± ${percent(Math.sqrt(estimates.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (estimates.length - 1)))}`;
}

/** What the model makes of more examples, in percent; nothing where it was not asked both without and with some. */
export function curveTable(curves: readonly TaskCurve[]): string {
  const rows = curves.filter(({ answerer }) => answerer === modelName);
  if (rows.length === 0) return "";
  const cells = rows.map(({ task, zeroShot, peak, efficiency }) => [task, percent(zeroShot), percent(peak), percent(efficiency)]);
  return `\n${table([["model, over numbers of shots", "zero-shot", "peak", "efficiency"], ...cells])}`;
}

export function percent(share: number): string {
  return (100 * share).toFixed(1);
}

/** Columns side by side, all but the first to the right; those that hold nothing are left out. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]!.map((_, column) => column).filter((column) => column === 0 || rows.slice(1).some((row) => row[column] !== ""));
  const widths = new Map(columns.map((column) => [column, Math.max(...rows.map((row) => row[column]!.length))]));
  return rows
    .map(
      (row) =>
        `${columns
          .map((column) => (column === 0 ? row[column]!.padEnd(widths.get(column)!) : row[column]!.padStart(widths.get(column)!)))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
