/**
 * Memory and time of a training step with and without `train.recompute`, a process each, since a process keeps the memory that it had once:
 *
 *     node --conditions=flamingo-source bench/recomputation.ts
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { toOnnx } from "../src/graph/graph.ts";
import { parseFlamingoConfig } from "../src/model/config.ts";
import { Flamingo } from "../src/model/flamingo.ts";
import { TrainingGraphs } from "../src/model/training-graphs.ts";
import { initialValues } from "../src/nn/initialisers.ts";
import { createRuntime, type HostTensor } from "../src/runtime/runtime.ts";
import { peakBytes } from "./measure.ts";

const config = parseFlamingoConfig({
  vision: { kind: "clip-vit", imageSize: 56, patchSize: 7, width: 128, layers: 8, heads: 4 },
  resampler: { kind: "perceiver", width: 128, layers: 2, heads: 4, headDim: 32, latents: 32, frames: 1 },
  language: { vocabulary: 512, width: 128, blocks: 24, heads: 4, maxTokens: 256 },
  fusion: { kind: "gated-cross-attention-dense", every: 2, heads: 4, headDim: 32 },
  freeze: { vision: false, language: process.argv[3] === "frozen" },
});

async function measured(recompute: boolean): Promise<void> {
  const model = new Flamingo(config);
  const graph = toOnnx({ outputs: new TrainingGraphs(model).training({ recompute }), parameterIsInput: (path) => model.trainable(path) });
  const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
  const values = new Map(
    [...model.parameters()].map(([path, tensor]): [string, HostTensor] => [
      path,
      { dtype: "float32", shape: tensor.shape as readonly number[], data: initialValues(tensor, 1) },
    ]),
  );
  const session = await runtime.compile(graph, values);
  const [rows, tokens] = [8, 128];
  const whole = (shape: readonly number[], value: (i: number) => number): HostTensor => ({
    dtype: "int64",
    shape,
    data: BigInt64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => BigInt(value(i))),
  });
  const feeds: Record<string, HostTensor> = {
    tokens: whole([rows, tokens], (i) => (i * 7) % 500),
    labels: whole([rows, tokens], (i) => (i * 11) % 500),
    labelWeights: { dtype: "float32", shape: [rows, tokens], data: new Float32Array(rows * tokens).fill(1) },
    segmentTokens: whole([rows, tokens], (i) => i),
    segmentSlots: whole([rows, tokens], (i) => i),
    pixels: { dtype: "float32", shape: [rows, 1, 3, 56, 56], data: Float32Array.from({ length: rows * 3 * 56 * 56 }, (_, i) => Math.sin(i)) },
    ...Object.fromEntries([...values].filter(([path]) => model.trainable(path))),
  };
  const before = await peakBytes("self");
  const seconds: number[] = [];
  let check = 0;
  for (let step = 0; step < 2; step++) {
    const began = performance.now();
    const results = await session.run(feeds);
    seconds.push((performance.now() - began) / 1000);
    check = Object.entries(results).reduce((sum, [, { data }]) => sum + (data as Float32Array).reduce((all, each) => all + each * each, 0), 0);
  }
  const peak = await peakBytes("self");
  console.log(
    JSON.stringify({
      recompute,
      megabytes: Math.round(peak / 2 ** 20),
      ofTheStep: Math.round((peak - before) / 2 ** 20),
      seconds: Math.min(...seconds),
      check,
      nodes: graph.bytes.length,
    }),
  );
  await runtime.dispose();
}

if (process.argv[2] === undefined)
  for (const language of ["trained", "frozen"])
    for (const recompute of ["kept", "recomputed"])
      execFileSync(process.execPath, ["--conditions=flamingo-source", fileURLToPath(import.meta.url), recompute, language], { stdio: "inherit" });
else await measured(process.argv[2] === "recomputed");
