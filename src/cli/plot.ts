import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { DataError } from "../data/errors.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import { type Curve, readCurves, smoothed } from "../train/curves.ts";
import { UsageError } from "./errors.ts";
import { countUpTo } from "./option-values.ts";
import { type NamedRun, trainingFigure } from "./training-figure.ts";

interface PlotOptions {
  readonly out: string;
  readonly smooth?: number;
  readonly log?: boolean;
  readonly json?: boolean;
}

/** `flamingo plot RUN…`: what a run's training looked like. */
export const plotCommand = (): Command =>
  new Command("plot")
    .description("draw a training run: losses by data set, gates by layer, learning rate and gradient norm; several runs over each other")
    .argument("<runs...>", "folders that flamingo train has made, such as runs/NAME, or their events.jsonl")
    .option("--out <file>", "a .png or .svg file", "plot.png")
    .option("--smooth <points>", "average losses over about so many points (default: a fiftieth of the run); 1: not at all", countUpTo(1_000_000))
    .option("--log", "draw losses over a logarithmic axis")
    .option("--json", "print one JSON object with the curves' first, last, lowest and averaged last values")
    .addHelpText("after", "\nExamples:\n  flamingo plot runs/nano-fusion\n  flamingo plot runs/first runs/second --log --out losses.svg")
    .action(plot);

async function plot(folders: readonly string[], { out, smooth, log, json }: PlotOptions): Promise<void> {
  if (!/\.(png|svg)$/.test(out)) throw new UsageError(`--out ${out}: pictures are .png or .svg files; give such a name`);
  const runs: NamedRun[] = [];
  for (const folder of folders) runs.push(await readRun(folder));
  const named = withNamesApart(runs, folders);
  const figure = trainingFigure(named, { ...(smooth === undefined ? {} : { window: smooth }), ...(log === undefined ? {} : { logarithmic: log }) });
  await writeWhole(out, out.endsWith(".svg") ? figure : await asPng(figure));
  if (json === true) {
    const summaries = named.map(({ name, curves }) => ({
      name,
      curves: Object.fromEntries(curves.map((curve) => [`${curve.group}/${curve.name}`, summary(curve, smooth)])),
    }));
    process.stdout.write(`${JSON.stringify({ out: resolve(out), runs: summaries })}\n`);
    return;
  }
  process.stdout.write(`drawn: ${out}\n`);
}

/** @throws DataError when there is nothing to draw */
async function readRun(folder: string): Promise<NamedRun> {
  const file = folder.endsWith(".jsonl") ? folder : join(folder, "events.jsonl");
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new DataError(`${file} cannot be read (${error.message}); name the folder of a run that "flamingo train" has made, such as runs/NAME`, {
      cause: error,
    });
  });
  const { curves, unread } = readCurves(text);
  if (curves.length === 0) throw new DataError(`${file} holds no step of a training run; let the run do some steps first, or name another one`);
  if (unread > 0)
    process.stderr.write(
      `${file}: ${unread} line${unread > 1 ? "s" : ""} left out that ${unread > 1 ? "are no events" : "is no event"}, as a run that is killed leaves them\n`,
    );
  return { name: basename(dirname(resolve(file))), curves };
}

/** Runs of one name, in folders of several, are called by what was typed. */
function withNamesApart(runs: readonly NamedRun[], folders: readonly string[]): readonly NamedRun[] {
  const same = new Set(runs.map(({ name }) => name)).size < runs.length;
  return same ? runs.map((run, i) => ({ ...run, name: folders[i]! })) : runs;
}

function summary({ points }: Curve, window: number | undefined): Readonly<Record<string, number>> {
  const values = points.map(([, value]) => value);
  return {
    points: points.length,
    firstStep: points[0]![0],
    lastStep: points.at(-1)![0],
    first: values[0]!,
    last: values.at(-1)!,
    least: values.reduce((least, value) => Math.min(least, value)),
    averaged: smoothed(points, window ?? points.length / 50).at(-1)![1],
  };
}

/** Of each pixel of the SVG. */
const density = 2;

/** @throws DataError where there are no fonts, which would leave boxes in the place of letters */
async function asPng(figure: string): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const drawn = (svg: string): Promise<Buffer> =>
    sharp(Buffer.from(svg), { density: 72 * density })
      .png()
      .toBuffer();
  const letters = (text: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="16" font-family="sans-serif">${text}</text></svg>`;
  const [narrow, broad] = [await drawn(letters("il")), await drawn(letters("WM"))];
  if (narrow.equals(broad))
    throw new DataError(
      "there are no fonts on this machine, so that a PNG would have boxes for letters: install one (on Debian: apt-get install fonts-dejavu-core), or give a name that ends in .svg to --out",
    );
  return drawn(figure);
}
