/** One diagram: curves over steps, or over another count, with axes and a legend. */
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale";
import type { Point } from "../train/curves.ts";
import { element, pathThrough, textElement, textWidth } from "./svg.ts";

export interface PanelCurve {
  readonly name: string;
  readonly colour: string;
  /** Lengths of dash and gap in pixels. Default: a solid line. */
  readonly dashes?: string;
  readonly points: readonly Point[];
  /** Drawn faintly behind the points. */
  readonly raw?: readonly Point[];
  /** Around each point, drawn as a bar: where it may lie. */
  readonly intervals?: readonly Interval[];
}

type Interval = readonly [step: number, low: number, high: number];

export interface Panel {
  readonly title: string;
  readonly curves: readonly PanelCurve[];
  /** Whether equal ratios are equal distances. Default: false. */
  readonly logarithmic?: boolean;
  /** Whether the axis begins at 0 whatever the values. Default: false. */
  readonly fromZero?: boolean;
  /** What is counted along the other axis. Default: steps. */
  readonly across?: { readonly name: string; readonly ticks: readonly number[] };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const textSize = 12;
const legendLine = 18;
const swatch = 20;
const titleHeight = 22;
const left = 60;
const right = 14;
const bottom = 38;

/** @param steps - first and last step of the axis */
export function drawPanel(
  { title, curves, logarithmic = false, fromZero = false, across: counted }: Panel,
  { x, y, width, height }: Place,
  steps: readonly [number, number],
): string {
  // One curve that is what the title says needs no legend.
  const legend = curves.length === 1 && curves[0]!.name === title ? [] : legendRows(curves, width - left - right);
  const top = titleHeight + legend.length * legendLine + 6;
  const across = scaleLinear(steps, [left, width - right]);
  const down = valueScale(curves, logarithmic, fromZero).range([height - bottom, top]);
  const clip = `clip-${x}-${y}`;
  const area = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  const line = (points: readonly Point[], attributes: Parameters<typeof element>[1]): string => {
    const shown = thinned(logarithmic ? points.filter(([, value]) => value > 0) : points, across);
    return element("path", {
      d: pathThrough(shown.map(([step, value]) => [across(step), down(value)])),
      fill: "none",
      "stroke-linejoin": "round",
      ...attributes,
    });
  };
  return element(
    "g",
    { transform: `translate(${x} ${y})` },
    textElement({ x: left, y: 14, "font-size": textSize + 2, "font-weight": 600, class: "strong" }, title),
    ...legend.flatMap((row, i) => row.map(({ curve, at }) => drawEntry(curve, left + at, titleHeight + i * legendLine))),
    ...axes(across, down, { width, height, top, logarithmic, ...(counted ?? { name: "step" }) }),
    element("clipPath", { id: clip }, element("rect", area)),
    element(
      "g",
      { "clip-path": `url(#${clip})` },
      ...curves.flatMap(({ raw, colour }) => (raw === undefined ? [] : [line(raw, { stroke: colour, "stroke-opacity": 0.22, "stroke-width": 1 })])),
      ...curves.map(({ points, colour, dashes }) => line(points, { stroke: colour, "stroke-width": 1.8, "stroke-dasharray": dashes })),
    ),
    ...curves.flatMap(({ points, intervals = [], colour }) => [
      ...intervals.map(([step, low, high]) => bar(across(step), down(low), down(high), colour)),
      ...(intervals.length === 0 ? [] : points.map(([step, value]) => element("circle", { cx: across(step), cy: down(value), r: 3, fill: colour }))),
    ]),
  );
}

const capWidth = 4;

function bar(x: number, low: number, high: number, colour: string): string {
  const across = (y: number): string =>
    pathThrough([
      [x - capWidth, y],
      [x + capWidth, y],
    ]);
  return element("path", {
    d:
      across(low) +
      across(high) +
      pathThrough([
        [x, low],
        [x, high],
      ]),
    fill: "none",
    stroke: colour,
    "stroke-width": 1.4,
  });
}

type ValueScale = ScaleContinuousNumeric<number, number>;

interface AxesOptions {
  readonly width: number;
  readonly height: number;
  readonly top: number;
  readonly logarithmic: boolean;
  readonly name: string;
  /** Default: round ones. */
  readonly ticks?: readonly number[];
}

function axes(across: ValueScale, down: ValueScale, { width, height, top, logarithmic, name, ticks }: AxesOptions): string[] {
  const [low, high] = [height - bottom, top];
  // Empty for those of a logarithmic axis that would stand too close.
  const format = down.tickFormat(5, logarithmic ? "~g" : "~f");
  const lines = down.ticks(5).flatMap((value) => (format(value) === "" ? [] : [{ at: down(value), label: format(value) }]));
  const wholeSteps = ticks ?? across.ticks(Math.max(2, Math.floor(width / 110))).filter(Number.isInteger);
  return [
    ...lines.flatMap(({ at, label }) => [
      element("line", { x1: left, x2: width - right, y1: at, y2: at, class: "grid" }),
      textElement({ x: left - 6, y: at + 4, "text-anchor": "end", "font-size": textSize - 1 }, label),
    ]),
    ...wholeSteps.map((step) => textElement({ x: across(step), y: low + 16, "text-anchor": "middle", "font-size": textSize - 1 }, step.toLocaleString("en"))),
    element("path", { d: `M${left} ${high}V${low}H${width - right}`, fill: "none", class: "axis" }),
    textElement({ x: (left + width - right) / 2, y: low + 32, "text-anchor": "middle", "font-size": textSize - 1 }, name),
  ];
}

/** All of the curves is seen, of what lies behind them all but the few points that are farthest out. */
function valueScale(curves: readonly PanelCurve[], logarithmic: boolean, fromZero: boolean): ValueScale {
  const usable = (points: readonly Point[]): number[] => points.map(([, value]) => value).filter((value) => !logarithmic || value > 0);
  const values = curves.flatMap(({ points, raw = [], intervals = [] }) => [
    ...usable(points),
    ...intervals.flatMap(([, low, high]) => [low, high]),
    ...usable(raw)
      .sort((a, b) => a - b)
      .slice(Math.floor(raw.length / 100), Math.ceil(0.99 * raw.length)),
  ]);
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (least > most) return scaleLinear([0, 1], [0, 1]);
  if (logarithmic) return scaleLog([least, least === most ? 2 * most : most], [0, 1]);
  const lowest = fromZero ? Math.min(0, least) : least;
  return scaleLinear([lowest, lowest === most ? most + (Math.abs(most) || 1) : most], [0, 1]).nice(5);
}

/** Of the points that fall on one column of pixels the lowest and the highest, so that a long run is no larger a picture than a short one. */
function thinned(points: readonly Point[], across: ValueScale): readonly Point[] {
  const columns = Map.groupBy(points, ([step]) => Math.round(across(step)));
  return [...columns.values()].flatMap((column) => {
    if (column.length <= 2) return column;
    const [low, high] = column.reduce(([low, high], point) => [point[1] < low[1] ? point : low, point[1] > high[1] ? point : high], [column[0]!, column[0]!]);
    return low[0] < high[0] ? [low, high] : [high, low];
  });
}

interface LegendEntry {
  readonly curve: PanelCurve;
  /** From the legend's left edge. */
  readonly at: number;
}

function legendRows(curves: readonly PanelCurve[], width: number): LegendEntry[][] {
  const rows: LegendEntry[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const curve of curves) {
    const needed = swatch + 6 + textWidth(curve.name, textSize) + 16;
    if (used + needed > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)!.push({ curve, at: used });
    used += needed;
  }
  return rows;
}

function drawEntry({ name, colour, dashes }: PanelCurve, x: number, y: number): string {
  return [
    element("line", { x1: x, x2: x + swatch, y1: y + 8, y2: y + 8, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes }),
    textElement({ x: x + swatch + 6, y: y + 12, "font-size": textSize }, name),
  ].join("");
}
