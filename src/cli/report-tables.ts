/** Tables of a report: what the model reaches, with everything that it is compared with. */
import { modelName } from "../evaluate/answerers.ts";
import { isControl } from "../evaluate/controls.ts";
import { publishedOf } from "../evaluate/published/published-results.ts";
import type { ComparedTask } from "../evaluate/report/compare-results.ts";
import type { WrittenResult } from "../evaluate/results.ts";
import { escapeHtml } from "./html-page.ts";
import type { NamedReport } from "./named-report.ts";
import { differenceText, figureText } from "./result-table.ts";

interface Row {
  readonly name: string;
  readonly kind?: "model";
  /** In each column, as HTML. */
  readonly cells: readonly string[];
}

/** Models, controls, baselines and published figures in rows, numbers of shots in columns. */
export function taskTable(task: string, figure: string, reports: readonly NamedReport[]): string {
  const results = reports.map(({ report }) => report.results.filter((each) => each.task === task));
  const published = publishedOf(task);
  const own = results.flat().map(({ shots }) => shots);
  const shots = [...new Set([...own, ...published.flatMap(({ byShots }) => Object.keys(byShots).map(Number))])].toSorted((a, b) => a - b);
  const row = (name: string, of: readonly WrittenResult[]): Row => ({
    name,
    cells: shots.map((count) => {
      const trials = of.filter((each) => each.shots === count);
      const [beyond] = trials.flatMap((each) => each.beyond ?? []);
      const text = escapeHtml(figureText(trials.flatMap(({ measures }) => measures?.[figure] ?? [])));
      return beyond === undefined ? text : `${text}<small>model ${escapeHtml(differenceText(beyond))}</small>`;
    }),
  });
  const models = results.map((of, i): Row => {
    const ofModel = of.filter(({ answerer }) => answerer === modelName);
    return { ...row(reports[i]!.name, ofModel), kind: "model" };
  });
  const chance = shots.map((count) => results[0]!.find((each) => each.shots === count)?.chance);
  const others = [...new Set(results[0]!.map(({ answerer }) => answerer))].filter((answerer) => answerer !== modelName);
  const ofAnswerer = (answerer: string): Row =>
    row(
      answerer,
      results[0]!.filter((each) => each.answerer === answerer),
    );
  const groups: (readonly [title: string, rows: readonly Row[]])[] = [
    ["", models],
    [`${reports.length === 1 ? "The model" : reports[0]!.name} with something taken away`, others.filter(isControl).map(ofAnswerer)],
    [
      "Without the model",
      [
        ...(chance.some((each) => each !== undefined)
          ? [{ name: "chance", cells: chance.map((each) => (each === undefined ? "" : (100 * each).toFixed(1))) }]
          : []),
        ...others.filter((each) => !isControl(each)).map(ofAnswerer),
      ],
    ],
    [
      "Published",
      published.map(({ model, select, byShots }) => ({
        name: `${model}${select === undefined ? "" : ", similar examples"}`,
        cells: shots.map((count) => byShots[count]?.toFixed(1) ?? ""),
      })),
    ],
  ];
  const words = results.flat().find(({ textExamples = 0 }) => textExamples > 0)?.textExamples;
  const sources = [...new Map(published.map(({ source }) => [source.title, source])).values()];
  return [
    tableOf([`${figure}, % (95% interval)`, ...shots.map((count) => `${count} shots`)], groups),
    ...(words === undefined ? [] : [`<p><small>0 shots: after ${words} examples in words alone, as in the paper.</small></p>`]),
    ...(sources.length === 0
      ? []
      : [
          `<p><small>Published, each with its authors' own prompts and splits: ${sources.map(({ title, at, note }) => escapeHtml(`${title} (${at}${note === undefined ? "" : `; ${note}`})`)).join("; ")}.</small></p>`,
        ]),
  ].join("\n");
}

/** What else is counted of the models' answers. */
export function otherFigures(task: string, first: string, reports: readonly NamedReport[]): string {
  const results = reports.map(({ report }) => report.results.filter((each) => each.task === task && each.answerer === modelName));
  const shots = [...new Set(results.flat().map((each) => each.shots))].toSorted((a, b) => a - b);
  const names = [...new Set(results.flat().flatMap(({ measures = {} }) => Object.keys(measures)))].filter((name) => name !== first);
  if (names.length === 0) return "";
  const rows = reports.flatMap(({ name }, i) =>
    names.map((figure) => ({
      name: reports.length === 1 ? figure : `${name}: ${figure}`,
      cells: shots.map((count) =>
        escapeHtml(figureText(results[i]!.filter((each) => each.shots === count).flatMap(({ measures }) => measures?.[figure] ?? []))),
      ),
    })),
  );
  return `<details><summary>Other figures</summary>${tableOf(["% (95% interval)", ...shots.map((count) => `${count} shots`)], [["", rows]])}</details>`;
}

/** Two runs on the same questions. */
export function comparisonHtml(compared: readonly ComparedTask[], names: readonly [string, string]): string {
  const rows = compared.map(({ task, shots, trial, figure, first, second, difference, samePrompts }) => ({
    name: `${task}, ${shots} shots${trial > 0 ? `, trial ${trial + 1}` : ""}: ${figure}`,
    cells: [first.toFixed(1), second.toFixed(1), escapeHtml(differenceText(difference)), `${difference.count}`, samePrompts ? "same" : "other"],
  }));
  return tableOf(["", ...names, "difference (95% interval)", "questions", "examples"], [["", rows]]);
}

function tableOf(head: readonly string[], groups: readonly (readonly [title: string, rows: readonly Row[]])[]): string {
  const bodies = groups.flatMap(([title, rows]) => {
    if (rows.length === 0) return [];
    const heading = title === "" ? "" : `<tr><th scope="rowgroup" colspan="${head.length}">${escapeHtml(title)}</th></tr>`;
    const lines = rows.map(
      ({ name, kind, cells }) =>
        `<tr${kind === undefined ? "" : ` class="${kind}"`}><th scope="row">${escapeHtml(name)}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`,
    );
    return [`<tbody>${heading}${lines.join("\n")}</tbody>`];
  });
  const columns = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`);
  return `<div class="wide" tabindex="0"><table><thead><tr>${columns.join("")}</tr></thead>\n${bodies.join("\n")}</table></div>`;
}
