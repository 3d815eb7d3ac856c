import { modelName } from "../evaluate/answerers.ts";
import type { ComparedTask } from "../evaluate/report/compare-results.ts";
import type { WrittenFigure, WrittenResult } from "../evaluate/results.ts";
import type { TaskCurve } from "../evaluate/task-curves.ts";

/** Results for a terminal, in percent: one line for each figure of a task after so many examples, the answerers side by side; of several trials the mean and how far apart they are. */
export function resultTable(results: readonly WrittenResult[]): string {
  const answerers = [...new Set(results.map(({ answerer }) => answerer))];
  const rows = [...Map.groupBy(results, ({ task, shots }) => `${task}, ${shots} shots`)].flatMap(([label, cells]) => {
    const { chance, textExamples = 0 } = cells[0]!;
    const names = Object.keys(cells[0]!.measures ?? {});
    return names.map((name, i) => [
      `${label}${textExamples > 0 ? ` (${textExamples} in words)` : ""}: ${name}`,
      i === 0 && chance !== undefined ? percent(chance) : "",
      ...answerers.map((answerer) => figureText(cells.filter((each) => each.answerer === answerer).flatMap(({ measures }) => measures?.[name] ?? []))),
    ]);
  });
  return table([["% (95% interval)", "chance", ...answerers], ...rows]);
}

/** A figure with its interval; of several trials their mean and how far apart they are; nothing where there is none. */
export function figureText(trials: readonly WrittenFigure[]): string {
  const [first] = trials;
  if (first === undefined) return "";
  const mean = trials.reduce((sum, { value }) => sum + value, 0) / trials.length;
  if (trials.length === 1) return `${mean.toFixed(1)} (${first.low.toFixed(1)}-${first.high.toFixed(1)})`;
  return `${mean.toFixed(1)} ± ${Math.sqrt(trials.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (trials.length - 1)).toFixed(1)}`;
}

/** Two runs beside each other, in percent, with how much more the first reaches. */
export function comparisonTable(compared: readonly ComparedTask[], names: readonly [string, string]): string {
  const rows = compared.map(({ task, shots, trial, figure, first, second, difference }) => [
    `${task}, ${shots} shots${trial > 0 ? `, trial ${trial + 1}` : ""}: ${figure}`,
    first.toFixed(1),
    second.toFixed(1),
    differenceText(difference),
    `${difference.count}`,
  ]);
  return table([["same questions", ...names, "difference (95% interval)", "of"], ...rows]);
}

export function differenceText({ value, low, high }: WrittenFigure): string {
  return `${signed(value)} (${signed(low)} to ${signed(high)})`;
}

function signed(points: number): string {
  return `${points > 0 ? "+" : ""}${points.toFixed(1)}`;
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
