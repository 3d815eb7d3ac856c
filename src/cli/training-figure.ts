/** What `flamingo plot` draws: losses, gates, learning rate and gradient norm of one run, or of several over each other. */
import { type Curve, type Point, smoothed } from "../train/curves.ts";
import { drawPanel, type Panel, type PanelCurve } from "./curve-panel.ts";
import { colours, dashes, figureStyle } from "./figure-style.ts";
import { element } from "./svg.ts";

export interface NamedRun {
  readonly name: string;
  readonly curves: readonly Curve[];
}

export interface FigureOptions {
  /** Points of the average; see {@link smoothed}. Default: a fiftieth of the run. */
  readonly window?: number;
  /** Whether losses are drawn over a logarithmic axis. Default: false. */
  readonly logarithmic?: boolean;
}

/** Of layers, the first to the last. */
const [shallow, deep] = [
  [0, 114, 178],
  [230, 159, 0],
] as const;

const panel = { width: 580, height: 320 };
const margin = 16;

/** Gates are named by their layer and kind: `layers.3.attentionGate`. */
const gateKinds = { attentionGate: "attention gates, |tanh α|", denseGate: "feed-forward gates, |tanh α|" } as const;

export function trainingFigure(runs: readonly NamedRun[], { window, logarithmic = false }: FigureOptions): string {
  const steps = runs.flatMap(({ curves }) => curves.flatMap(({ points }) => [points[0]![0], points.at(-1)![0]]));
  const range = [Math.min(...steps), Math.max(...steps)] as const;
  const across: readonly [number, number] = range[0] === range[1] ? [range[0] - 1, range[1] + 1] : range;
  const average = (points: readonly Point[]): Pick<PanelCurve, "points" | "raw"> => ({ points: smoothed(points, window ?? points.length / 50), raw: points });
  const panels: readonly Panel[] = [
    { title: runs.length === 1 ? `loss of ${runs[0]!.name}` : "loss", logarithmic, curves: curvesOf(runs, "loss", () => true, average) },
    ...Object.entries(gateKinds).map(([kind, title]) => ({ title, fromZero: true, curves: gates(runs, kind) })),
    { title: "learning rate", fromZero: true, curves: curvesOf(runs, "optimisation", (name) => name === "learning rate", asTheyAre) },
    { title: "gradient norm", fromZero: true, curves: curvesOf(runs, "optimisation", (name) => name === "gradient norm", average) },
  ].filter(({ curves }) => curves.length > 0);
  // The first of an odd number is as wide as two.
  const wide = panels.length % 2;
  const height = 2 * margin + Math.ceil(panels.length / 2) * panel.height;
  const width = 2 * margin + 2 * panel.width;
  const drawn = panels.map((each, i) => {
    const place = i + (i > 0 ? wide : 0);
    const at = { x: margin + (place % 2) * panel.width, y: margin + Math.floor(place / 2) * panel.height };
    return drawPanel(each, { ...at, width: i === 0 && wide === 1 ? 2 * panel.width : panel.width, height: panel.height - 8 }, across);
  });
  return element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, 'DejaVu Sans', sans-serif" },
    element("style", {}, figureStyle),
    element("rect", { width: "100%", height: "100%", class: "paper" }),
    ...drawn,
  );
}

function asTheyAre(points: readonly Point[]): Pick<PanelCurve, "points"> {
  return { points };
}

/** One run: a colour for each name. Several: a colour for each run, and dashes for each name. */
function curvesOf(
  runs: readonly NamedRun[],
  group: Curve["group"],
  wanted: (name: string) => boolean,
  drawn: (points: readonly Point[]) => Pick<PanelCurve, "points" | "raw">,
): PanelCurve[] {
  const found = runs.map(({ curves }) => curves.filter((curve) => curve.group === group && wanted(curve.name)));
  const names = [...new Set(found.flatMap((curves) => curves.map(({ name }) => name)))];
  return found.flatMap((curves, run) =>
    curves.map(({ name, points }) => {
      const place = names.indexOf(name);
      const [colour, line] = runs.length === 1 ? [place, Math.floor(place / colours.length)] : [run, place];
      const label = runs.length === 1 ? name : names.length === 1 ? runs[run]!.name : `${runs[run]!.name}: ${name}`;
      return { name: label, colour: colours[colour % colours.length]!, ...dashed(line), ...drawn(points) };
    }),
  );
}

/** A colour for each layer, from the first to the last, and dashes for each run. */
function gates(runs: readonly NamedRun[], kind: string): PanelCurve[] {
  return runs.flatMap(({ name, curves }, run) => {
    const ofKind = curves.filter((curve) => curve.group === "gate" && curve.name.endsWith(`.${kind}`));
    return ofKind.map((curve, layer) => {
      const share = ofKind.length === 1 ? 0 : layer / (ofKind.length - 1);
      const colour = `rgb(${shallow.map((from, i) => Math.round(from + share * (deep[i]! - from))).join(",")})`;
      const label = curve.name.replace(/^layers\./, "layer ").replace(`.${kind}`, "");
      return { name: runs.length === 1 ? label : `${name}: ${label}`, colour, ...dashed(run), points: curve.points };
    });
  });
}

function dashed(line: number): Pick<PanelCurve, "dashes"> {
  const found = dashes[line % dashes.length];
  return found === undefined ? {} : { dashes: found };
}
