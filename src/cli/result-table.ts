import type { Estimate } from "../evaluate/metrics/proportion.ts";
import type { TaskCurve, TaskResult } from "../evaluate/suite.ts";

/** Results for a terminal: one line per task and number of shots, the answerers side by side. */
export function resultTable(results: readonly TaskResult[]): string {
  const answerers = [...new Set(results.map(({ answerer }) => answerer))];
  const tasks = [...Map.groupBy(results, ({ task, shots }) => `${task}, ${shots} shots`)];
  const rows = tasks.flatMap(([name, cells]) => {
    const cell = (answerer: string, show: (result: TaskResult) => string): string => {
      const result = cells.find((each) => each.answerer === answerer);
      return result === undefined ? "" : show(result);
    };
    const share = (estimate: Estimate | undefined): string =>
      estimate === undefined ? "" : `${percent(estimate.value)} (${percent(estimate.low)}-${percent(estimate.high)})`;
    const row = (label: string, chance: string, show: (result: TaskResult) => string): string[] => [
      label,
      chance,
      ...answerers.map((each) => cell(each, show)),
    ];
    return [
      row(name, percent(cells[0]!.chance), ({ right }) => share(right)),
      ...Object.keys(cells[0]!.counts ?? {}).map((what) => row(`${name}: ${what}`, "", ({ counts }) => share(counts?.[what]))),
      ...(cells[0]!.cider === undefined
        ? []
        : [
            row(`${name}: CIDEr`, "", ({ cider }) =>
              cider === undefined ? "" : `${cider.value.toFixed(1)} (${cider.low.toFixed(1)}-${cider.high.toFixed(1)})`,
            ),
          ]),
    ];
  });
  return table([["% right (95% interval)", "chance", ...answerers], ...rows]);
}

/** What the model makes of more examples: nothing where it was asked with one number of them alone. */
export function curveTable(curves: readonly TaskCurve[]): string {
  const rows = curves.filter(({ answerer }) => answerer === "model");
  if (rows.length === 0) return "";
  const cells = rows.map(({ task, zeroShot, peak, efficiency }) => [task, percent(zeroShot), percent(peak), percent(efficiency)]);
  return `\n${table([["model, by number of shots", "zero-shot", "peak", "efficiency"], ...cells])}`;
}

function percent(share: number): string {
  return (100 * share).toFixed(0);
}

/** Columns side by side, all but the first to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
