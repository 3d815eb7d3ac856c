/** A task's first figure over numbers of shots, the model with its intervals, all else beside it. */
import { modelName } from "../evaluate/answerers.ts";
import type { WrittenFigure, WrittenResult } from "../evaluate/results.ts";
import { drawPanel, type PanelCurve } from "./curve-panel.ts";
import { colours, dashes } from "./figure-style.ts";
import type { NamedReport } from "./named-report.ts";
import { element } from "./svg.ts";

const width = 380;
const plotHeight = 260;
const legendLine = 18;
const grey = "#808080";

/** @returns nothing where the task was asked with one number of shots only: a table says that */
export function taskPlot(task: string, figure: string, reports: readonly NamedReport[]): string {
  const results = reports.map(({ report }) => report.results.filter((each) => each.task === task && each.measures?.[figure] !== undefined));
  const shots = [...new Set(results.flat().map((each) => each.shots))].toSorted((a, b) => a - b);
  if (shots.length < 2) return "";
  const models = results.map((of, run) => modelCurve(run, reports.length === 1 ? "model" : reports[run]!.name, figure, of));
  // Of two runs what the second is compared with is in its own report.
  const others = reports.length > 1 ? [] : otherCurves(figure, results[0]!);
  const chances = results[0]!.filter(({ answerer, chance, trial }) => answerer === modelName && trial === 0 && chance !== undefined && chance > 0);
  const chance = chances.map(({ shots: count, chance: share }): [number, number] => [count, 100 * share!]);
  const curves = [...models, ...others, ...(chance.length > 1 ? [{ name: "chance", colour: grey, dashes: "1 4", points: chance }] : [])];
  const height = plotHeight + legendLine * curves.length;
  const drawn = drawPanel({ title: `${figure}, %`, curves, fromZero: true, across: { name: "shots", ticks: shots } }, { x: 0, y: 0, width, height }, [
    shots[0]!,
    shots.at(-1)!,
  ]);
  return element(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${task}: ${figure} over shots`, class: "plot" },
    // A clipping region is named by its place, which all plots of a page share.
    drawn.replaceAll("clip-0-0", `clip-${slug(task)}`),
  );
}

function modelCurve(run: number, name: string, figure: string, results: readonly WrittenResult[]): PanelCurve {
  const figures = byShots(
    figure,
    results.filter(({ answerer }) => answerer === modelName),
  );
  return {
    name,
    colour: colours[run]!,
    points: figures.map(([shots, { value }]) => [shots, value]),
    intervals: figures.map(([shots, { low, high }]) => [shots, low, high]),
  };
}

function otherCurves(figure: string, results: readonly WrittenResult[]): PanelCurve[] {
  const answerers = [...new Set(results.map(({ answerer }) => answerer))].filter((answerer) => answerer !== modelName);
  return answerers.map((name, i) => {
    const figures = byShots(
      figure,
      results.filter(({ answerer }) => answerer === name),
    );
    const line = dashes[1 + (Math.floor(i / (colours.length - 1)) % (dashes.length - 1))];
    return {
      name,
      colour: colours[1 + (i % (colours.length - 1))]!,
      ...(line === undefined ? {} : { dashes: line }),
      points: figures.map(([shots, { value }]) => [shots, value]),
    };
  });
}

/** Of several trials the mean, with the lowest and the highest of their intervals' ends. */
function byShots(figure: string, results: readonly WrittenResult[]): (readonly [shots: number, figure: Pick<WrittenFigure, "value" | "low" | "high">])[] {
  const found = [...Map.groupBy(results, ({ shots }) => shots)].map(([shots, of]) => {
    const figures = of.map(({ measures }) => measures![figure]!);
    return [
      shots,
      {
        value: figures.reduce((sum, { value }) => sum + value, 0) / figures.length,
        low: Math.min(...figures.map(({ low }) => low)),
        high: Math.max(...figures.map(({ high }) => high)),
      },
    ] as const;
  });
  return found.toSorted(([a], [b]) => a - b);
}

function slug(text: string): string {
  return [...text].map((character) => (/[a-z0-9]/i.test(character) ? character : `_${character.codePointAt(0)}`)).join("");
}
