import nano from "../recipes/nano/model.ts";
import { mediaView } from "../src/data/media-view.ts";
import { toOnnx } from "../src/graph/graph.ts";
import type { FlamingoConfigInput } from "../src/model/config.ts";
import { AdamW } from "../src/nn/optimiser.ts";
import { createRuntime, type HostTensor, type Session } from "../src/runtime/runtime.ts";
import { trainingLoop } from "../src/train/loop.ts";
import type { Figure } from "./measure.ts";
import { int64, noise, randomModel } from "./random-model.ts";

/** About ten times the weights of nano's language side. */
const large = {
  ...nano,
  resampler: { ...nano.resampler, width: 512, heads: 8, headDim: 64, latents: 32 },
  language: { ...nano.language, width: 768, blocks: 8, heads: 12, hidden: 2048 },
  fusion: { ...nano.fusion, heads: 8, headDim: 64 },
} satisfies FlamingoConfigInput;

const rows = 8;
const mediaPerRow = 16;
const tokens = 192;

/** Operators of ONNX Runtime that are matrix products. */
const products = /^(MatMul|FusedMatMul|Gemm|FusedGemm)$/;

/** Where the time of a training step goes, in the real training loop. */
export async function trainingFigures(steps: number): Promise<readonly Figure[]> {
  const { network, weights } = randomModel(large);
  const size = (parts: readonly string[]): number => parts.reduce((sum, part) => sum + network.count().parts[part as "language"], 0);
  const small = randomModel(nano).network.count().parts;
  const outputs = network.graphs.training({ labels: "rows" });
  const trained = [...weights].filter(([path]) => `gradient.${path}` in outputs);
  const runtime = await createRuntime({ device: "cpu", worker: false, profile: true });
  try {
    const session = await runtime.compile(toOnnx({ outputs, parameterIsInput: (path) => `gradient.${path}` in outputs }), weights);
    const batch = trainingBatch(network.vision);
    const labels = batch["labels"]!.shape[0]!;
    const trainedWeights = new Map(trained.map(([path, { data }]) => [path, data as Float32Array]));
    let inSession = 0;
    const timed: Pick<Session, "run"> = {
      async run(...values) {
        const started = performance.now();
        const results = await session.run(...values);
        inSession += performance.now() - started;
        return results;
      },
    };
    const loop = trainingLoop({
      session: timed,
      weights: trainedWeights,
      shapes: new Map(trained.map(([path, { shape }]) => [path, shape])),
      sources: [
        {
          name: "bench",
          weight: 1,
          batch: () => Promise.resolve([{ labels, tokens: rows * tokens, pictures: rows * mediaPerRow, feeds: () => Promise.resolve(batch) }]),
        },
      ],
      combine: "accumulation",
      optimiser: new AdamW(trainedWeights, { groupOf: () => ({ weightDecay: 0.1 }), clipNorm: 1 }),
      schedule: () => 1e-5,
      firstStep: 0,
      steps,
    });
    const seconds: number[] = [];
    for await (const event of loop) seconds.push(event.seconds);
    // Everything of the same steps, the first included: a share of medians of different steps would be no share.
    const whole = (1000 * seconds.reduce((sum, each) => sum + each, 0)) / steps;
    const run = inSession / steps;
    const operators = (await session.profile()).map(({ operator, microseconds }) => ({ operator, time: microseconds / 1000 / steps }));
    const inKernels = operators.reduce((sum, { time }) => sum + time, 0);
    const inProducts = operators.filter(({ operator }) => products.test(operator)).reduce((sum, { time }) => sum + time, 0);
    return [
      {
        name: "training: weights over nano's (resampler, fusion, language)",
        value: size(["resampler", "fusion", "language"]) / (small.resampler + small.fusion + small.language),
        unit: "times",
      },
      { name: `training step (${rows} rows of ${tokens} tokens, ${mediaPerRow} pictures each)`, value: whole, unit: "ms" },
      { name: "training: share of matrix products", value: inProducts / whole, unit: "", target: "at least 0.7" },
      ...operators
        .filter(({ operator }) => !products.test(operator))
        .slice(0, 8)
        .map(({ operator, time }): Figure => ({ name: `training: share of ${operator}`, value: time / whole, unit: "" })),
      { name: "training: share of the engine outside its operators, copies of results included", value: (run - inKernels) / whole, unit: "" },
      { name: "training: share of the optimiser and the host", value: (whole - run) / whole, unit: "" },
    ];
  } finally {
    await runtime.dispose();
  }
}

function trainingBatch({ spatial, width }: { readonly spatial: number; readonly width: number }): Record<string, HostTensor> {
  const segment = tokens / mediaPerRow;
  const row = { mediaOf: Array.from({ length: tokens }, (_, token) => Math.floor(token / segment)) };
  const positions = Array.from({ length: rows * tokens }, (_, i) => i).filter((i) => i % 4 === 3);
  return {
    features: noise([rows * mediaPerRow, 1, spatial, width]),
    tokens: int64(
      [rows, tokens],
      Array.from({ length: rows * tokens }, (_, i) => (31 * i) % 4000),
    ),
    rows: int64([positions.length], positions),
    labels: int64(
      [positions.length],
      positions.map((i) => (17 * i) % 4000),
    ),
    labelWeights: { dtype: "float32", shape: [positions.length], data: new Float32Array(positions.length).fill(1) },
    ...mediaView(
      Array.from({ length: rows }, () => row),
      { tokens, attend: "last" },
    ),
  };
}
