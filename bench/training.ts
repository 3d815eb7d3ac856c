import { createRuntime } from "../src/runtime/runtime.ts";
import type { Figure } from "./measure.ts";
import { trainingPeers } from "./peers/training.ts";
import { modelOf, openTraining, trainingBatch, trainingBatchSize } from "./training-step.ts";

/** Operators of ONNX Runtime that are matrix products. */
const products = /^(MatMul|FusedMatMul|Gemm|FusedGemm)$/;

/** Where the time of a training step goes, in the real training loop; then the step beside PyTorch's. */
export async function trainingFigures(steps: number): Promise<readonly Figure[]> {
  return [...(await profileFigures(steps)), ...(await trainingPeers(steps))];
}

async function profileFigures(steps: number): Promise<readonly Figure[]> {
  const model = await modelOf("ten times nano", true);
  const size = (count: Readonly<Record<string, number>>): number => ["resampler", "fusion", "language"].reduce((sum, part) => sum + count[part]!, 0);
  const nano = (await modelOf("nano", true)).network.count().parts;
  const runtime = await createRuntime({ device: "cpu", worker: false, profile: true });
  try {
    const { session, loop, inSession } = await openTraining(model, trainingBatch(model), runtime, steps);
    const seconds: number[] = [];
    for await (const event of loop) seconds.push(event.seconds);
    // Everything of the same steps, the first included: a share of medians of different steps would be no share.
    const whole = (1000 * seconds.reduce((sum, each) => sum + each, 0)) / steps;
    const run = inSession() / steps;
    const operators = (await session.profile()).map(({ operator, microseconds }) => ({ operator, time: microseconds / 1000 / steps }));
    const inKernels = operators.reduce((sum, { time }) => sum + time, 0);
    const inProducts = operators.filter(({ operator }) => products.test(operator)).reduce((sum, { time }) => sum + time, 0);
    const { rows, tokens, mediaPerRow } = trainingBatchSize;
    return [
      { name: "training: weights over nano's (resampler, fusion, language)", value: size(model.network.count().parts) / size(nano), unit: "times" },
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
