/**
 * Training steps of one shape, as a process that makes one whenever it is told to: `node training-ours.ts SHAPE [--recompute | FOLDER]`. A folder receives what PyTorch needs to make the same steps.
 * A line of JSON for each step: `{ "seconds", "loss" }`.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { TrainingGraphs } from "../../src/model/training-graphs.ts";
import { evidenceRows } from "../../src/model/vision/class-evidence.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { modelOf, openTraining, type TrainingShape, trainingBatch, trainingBatchSize } from "../training-step.ts";

const [shape, second] = process.argv.slice(2) as [TrainingShape, string?];
const recompute = second === "--recompute";
const model = await modelOf(shape, true);
const batch = trainingBatch(model);
if (second !== undefined && !recompute) {
  // Weights in blocks are written as the floats that they stand for, and let go of again.
  const { weights, network } = await modelOf(shape, false);
  const parts = new Map([...weights].filter(([path]) => !path.startsWith("vision.")));
  await writeFile(join(second, "weights.safetensors"), writeSafetensors(parts));
  await writeFile(join(second, "batch.safetensors"), writeSafetensors(new Map(Object.entries(batch))));
  const { classes, spatial, width } = network.vision;
  const trained = Object.keys(new TrainingGraphs(network).training({ labels: "rows" })).flatMap((name) =>
    name.startsWith("gradient.") ? [name.slice("gradient.".length)] : [],
  );
  const description = { ...model.config, grid: spatial - evidenceRows(classes, width), mediaPerRow: trainingBatchSize.mediaPerRow, trained };
  await writeFile(join(second, "model.json"), JSON.stringify(description));
  process.exit(0);
}
const runtime = await createRuntime({ device: "cpu", threads: 2 });
const { loop } = await openTraining(model, batch, runtime, 1_000_000, recompute);
console.log(JSON.stringify({ ready: true }));
for await (const _ of createInterface({ input: process.stdin })) {
  const started = performance.now();
  const { value } = await loop.next();
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, loss: value.losses["bench"] }));
}
await runtime.dispose();
