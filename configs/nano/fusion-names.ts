import type { TrainingConfigInput } from "../../src/train/training-config.ts";
import fusion from "./fusion.ts";

/**
 * Stage 3, end: goes on from `fusion.ts`, now with as much weight on real names and on questions as on new names, and with up to four examples of five things and with more questions about
 * each set of examples, since the picture that introduces a name is not learnt from.
 */
export default {
  ...fusion,
  name: "nano-fusion-names",
  parts: { ...fusion.parts, resampler: "runs/nano-fusion/resampler.safetensors", fusion: "runs/nano-fusion/fusion.safetensors" },
  data: fusion.data.map((source) => (source.name === "new names" ? { ...source, rows: 5, maxMedia: 22, questions: 14 } : { ...source, weight: 1, rows: 8 })),
  optimiser: { ...fusion.optimiser, final: 2e-5 },
  train: { steps: 3900, seed: 1, saveEvery: 200 },
} satisfies TrainingConfigInput;
