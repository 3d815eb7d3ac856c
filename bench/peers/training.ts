/** Training steps beside PyTorch's: the same weights, the same batch, the same optimiser, two threads each, one after the other in turns. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Figure, median } from "../measure.ts";
import { type TrainingShape, trainingShapes } from "../training-step.ts";
import { type Answer, Peer } from "./peer.ts";

const run = promisify(execFile);
const fileBeside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What is wanted of time and memory over PyTorch's. */
const wanted: Readonly<Record<TrainingShape, readonly [time: number, memory: number]>> = {
  nano: [1, 0.8],
  "ten times nano": [1, 0.8],
  "SmolLM2-135M": [1.2, 0.4],
};

/** Figures of every shape; none where there is no PyTorch. @param steps - of each in turn, after one that does not count */
export async function trainingPeers(steps: number): Promise<readonly Figure[]> {
  const python = process.env["FLAMINGO_BENCH_PYTHON"] ?? "python3";
  if (spawnSync(python, ["-c", "import torch, safetensors"]).status !== 0) {
    console.error(
      `${python} has no torch and safetensors (pip install torch==2.6.0 safetensors; FLAMINGO_BENCH_PYTHON names another Python): training is not compared`,
    );
    return [];
  }
  const figures: Figure[] = [];
  for (const shape of trainingShapes) figures.push(...(await shapeFigures(shape, python, steps)));
  return figures;
}

async function shapeFigures(shape: TrainingShape, python: string, steps: number): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-bench-training-"));
  const node = ["--conditions=flamingo-source", fileBeside("training-ours.ts"), shape];
  try {
    await run(process.execPath, [...node, folder]);
    const peers = {
      ours: await Peer.start(process.execPath, node),
      recomputing: await Peer.start(process.execPath, [...node, "--recompute"]),
      eager: await Peer.start(python, [fileBeside("training.py"), folder]),
      compiled: await Peer.start(python, [fileBeside("training.py"), folder, "--compile"]),
    };
    const answers: Record<keyof typeof peers, Answer[]> = { ours: [], recomputing: [], eager: [], compiled: [] };
    for (let step = 0; step <= steps; step++)
      for (const [name, peer] of Object.entries(peers)) {
        answers[name as keyof typeof peers].push(await peer.ask({}));
      }
    const peaks = Object.fromEntries(await Promise.all(Object.entries(peers).map(async ([name, peer]) => [name, await peer.peakBytes()] as const)));
    for (const peer of Object.values(peers)) await peer.end();
    // The frozen products of SmolLM2 read inputs that are rounded to 8 bits (docs/training-parts.md).
    const apart = answers.ours.map(({ loss }, i) => Math.abs((loss as number) - (answers.eager[i]!["loss"] as number)));
    if (Math.max(...apart) > (shape === "SmolLM2-135M" ? 0.02 : 1e-4) || Number.isNaN(apart[0]))
      throw new Error(`${shape}: the losses differ, so the steps are not the same: ${JSON.stringify(answers)}`);
    const seconds = (name: keyof typeof peers): number => median(answers[name].slice(1).map((answer) => answer["seconds"] as number));
    const bytes = (name: keyof typeof peers): number => peaks[name]!;
    const [time, memory] = wanted[shape];
    const fastest = Math.min(seconds("eager"), seconds("compiled"));
    return [
      { name: `training, ${shape}: largest difference of a loss from PyTorch's`, value: Math.max(...apart), unit: "nats" },
      { name: `training, ${shape}: a step`, value: seconds("ours"), unit: "s" },
      { name: `training, ${shape}: of PyTorch, eager`, value: seconds("eager"), unit: "s" },
      { name: `training, ${shape}: of PyTorch, compiled`, value: seconds("compiled"), unit: "s" },
      { name: `training, ${shape}: time of ours over the faster one`, value: seconds("ours") / fastest, unit: "x", target: `at most ${time}` },
      { name: `training, ${shape}: most memory`, value: bytes("ours") / 1e9, unit: "GB" },
      { name: `training, ${shape}: of PyTorch, eager`, value: bytes("eager") / 1e9, unit: "GB" },
      { name: `training, ${shape}: memory of ours over eager PyTorch's`, value: bytes("ours") / bytes("eager"), unit: "x", target: `at most ${memory}` },
      { name: `training, ${shape}, with train.recompute: time over the faster one`, value: seconds("recomputing") / fastest, unit: "x" },
      { name: `training, ${shape}, with train.recompute: memory over eager PyTorch's`, value: bytes("recomputing") / bytes("eager"), unit: "x" },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
