/**
 * Speed and memory, as ratios within one run:
 *
 *     npm run bench                          all of it
 *     npm run bench -- generation --rounds 5 one part: training, ranks, data, generation, supportSets, evaluation, retrieval, serve, load or start
 *     npm run bench -- load --seconds 300    many clients for so long; 20 s unless it is said
 *     npm run bench -- --json
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { dataFigures } from "./data.ts";
import { evaluationFigures } from "./evaluation.ts";
import { generationFigures } from "./generation.ts";
import { loadFigures } from "./load.ts";
import type { Figure } from "./measure.ts";
import { ranksFigures } from "./ranks.ts";
import { retrievalFigures } from "./retrieval.ts";
import { serveFigures } from "./serve.ts";
import { startFigures } from "./start.ts";
import { supportSetFigures } from "./support-sets.ts";
import { trainingFigures } from "./training.ts";

const parts: Readonly<Record<string, (rounds: number) => Promise<readonly Figure[]>>> = {
  training: (rounds) => trainingFigures(Math.max(2, Math.ceil(rounds / 5))),
  ranks: (rounds) => ranksFigures(Math.max(1, Math.ceil(rounds / 7))),
  data: (rounds) => dataFigures(Math.max(1, Math.ceil(rounds / 7))),
  generation: generationFigures,
  supportSets: (rounds) => supportSetFigures(Math.max(1, Math.ceil(rounds / 10))),
  evaluation: evaluationFigures,
  retrieval: (rounds) => retrievalFigures(Math.max(2, Math.ceil(rounds / 5))),
  serve: (rounds) => serveFigures(Math.max(2, Math.ceil(rounds / 2))),
  load: () => loadFigures(Number(values.seconds)),
  start: (rounds) => startFigures(Math.max(1, Math.ceil(rounds / 7))),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "20" }, seconds: { type: "string", default: "20" }, json: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !(name in parts));
if (unknown.length > 0 || !(Number.isInteger(rounds) && rounds >= 1))
  throw new Error(`usage: npm run bench -- [${Object.keys(parts).join(" | ")}] [--rounds N] [--seconds N] [--json]`);

const machine = { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
if (!values.json) console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (const figure of await measure(rounds)) {
    figures.push(figure);
    const { value, unit, target } = figure;
    if (!values.json)
      console.log(`${value.toPrecision(3).padStart(9)} ${unit.padEnd(6)} ${figure.name}${target === undefined ? "" : `   (wanted: ${target})`}`);
  }
}
if (values.json) console.log(JSON.stringify({ machine, figures }));
