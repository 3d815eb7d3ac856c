import type { TrainingConfigInput } from "../../src/train/training-config.ts";
import fusionNames from "./fusion-names.ts";

/**
 * Stage 3, settling: goes on from `fusion-names.ts` at a falling rate with little weight on names, whose large gradients had held the binding of new names back, and with more
 * episodes in a step.
 */
export default {
  ...fusionNames,
  name: "nano-fusion-settle",
  parts: { ...fusionNames.parts, resampler: "runs/nano-fusion-names/resampler.safetensors", fusion: "runs/nano-fusion-names/fusion.safetensors" },
  data: fusionNames.data.map((source) => (source.name === "new names" ? { ...source, rows: 7 } : { ...source, weight: 0.25, rows: 5 })),
  optimiser: { ...fusionNames.optimiser, learningRate: 4e-4, warmup: 30, final: 1e-5 },
  train: { steps: 900, seed: 2, saveEvery: 150 },
} satisfies TrainingConfigInput;
