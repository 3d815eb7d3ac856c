/** Two processes under mpirun, a thread each, against one with two threads: the same batch of nano's language model, in turns. Then what ZeRO saves of the memory of a larger one. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import nano from "../recipes/nano/model.ts";
import { type Figure, median, peaksIn } from "./measure.ts";

const fileBeside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const [rows, tokens, steps] = [16, 192, 12];
/** 57 million weights: what the optimiser keeps of them counts. */
const large = { width: 768, blocks: 8, heads: 12, hidden: 2048 };

export async function ranksFigures(rounds: number): Promise<readonly Figure[]> {
  if (spawnSync("mpirun", ["--version"]).status !== 0) {
    console.error("there is no mpirun (node tools/ensure-programs.ts): ranks are not measured");
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), "flamingo-bench-ranks-"));
  try {
    const config = {
      name: "ranks",
      stage: "language",
      model: { ...nano, language: { ...nano.language, vocabulary: 300 } },
      tokenizer: { train: { size: 300 } },
      data: [{ kind: "module", name: "text", module: fileBeside("ranks-source.ts"), rows, tokens }],
      optimiser: { learningRate: 1e-4 },
      train: { steps, saveEvery: 1000 },
    };
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    const speeds = { two: [] as number[], one: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      speeds.two.push(await tokensPerSecond(folder, `two-${round}`, 2));
      speeds.one.push(await tokensPerSecond(folder, `one-${round}`, 1));
    }
    const [kept, shared] = [await otherRankPeak(folder, "kept"), await otherRankPeak(folder, "shared", "--set", "train.zero=true")];
    return [
      { name: "ranks: 2 processes with a thread each", value: median(speeds.two), unit: "tokens/s" },
      { name: "ranks: 1 process with 2 threads", value: median(speeds.one), unit: "tokens/s" },
      {
        name: "ranks: 2 processes over 1",
        value: median(speeds.two.map((speed, i) => speed / speeds.one[i]!)),
        unit: "x",
        target: "at least 0.9",
      },
      { name: `ranks: most memory of the second of 2, language model of ${large.width} x ${large.blocks}`, value: kept / 1e6, unit: "MB" },
      { name: "ranks: the same with train.zero", value: shared / 1e6, unit: "MB" },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of the median step, the first two left out, which compile and warm up. */
async function tokensPerSecond(folder: string, name: string, ranks: number): Promise<number> {
  await train(folder, name, ranks, ["--set", `data.0.rows=${rows / ranks}`]);
  const lines = (await readFile(join(folder, name, "events.jsonl"), "utf8")).trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { type: string; tokens: number; seconds: number }).filter(({ type }) => type === "step");
  if (events.length !== steps) throw new Error(`${name}: ${events.length} of ${steps} steps`);
  return median(events.slice(2).map((event) => event.tokens / event.seconds));
}

/** In bytes, of the rank that writes no checkpoint: the first one puts the whole state together when it does. */
async function otherRankPeak(folder: string, name: string, ...more: readonly string[]): Promise<number> {
  const file = join(folder, `${name}.peak`);
  const told = `process.env.OMPI_COMM_WORLD_RANK === "1" && process.on("exit", () => fs.appendFileSync(${JSON.stringify(file)}, fs.readFileSync("/proc/self/status")))`;
  const options = `--import=data:text/javascript,${encodeURIComponent(`import fs from "node:fs"; ${told}`)}`;
  const size = Object.entries(large).flatMap(([key, value]) => ["--set", `model.language.${key}=${value}`]);
  await train(folder, name, 2, [...size, "--set", "data.0.rows=1", "--set", "train.steps=3", ...more], { NODE_OPTIONS: options });
  // Beside the process that trains there is the one that has started it.
  return Math.max(...peaksIn(await readFile(file, "utf8")));
}

async function train(
  folder: string,
  name: string,
  ranks: number,
  settings: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const flamingo = [process.execPath, fileBeside("../bin/flamingo.mjs"), "train", join(folder, "config.json"), "--out", folder, "--threads", `${2 / ranks}`];
  const command = ranks === 1 ? flamingo : ["mpirun", "--bind-to", "none", "--oversubscribe", "-n", `${ranks}`, ...flamingo];
  const [program, ...args] = [...command, "--set", `name=${name}`, ...settings] as [string, ...string[]];
  const code = await new Promise((resolve, reject) => {
    const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1", ...environment };
    spawn(program, args, { stdio: "ignore", env }).on("error", reject).on("close", resolve);
  });
  if (code !== 0) throw new Error(`${[program, ...args].join(" ")} ended with ${String(code)}`);
}
