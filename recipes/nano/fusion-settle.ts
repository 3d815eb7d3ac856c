import type { TrainingConfigInput } from "flamingo-vlm/train";
import names from "./fusion-names.ts";

/** Stage 3, settled: goes on with more questions and less that is new, at a lower rate. */
export default {
  ...names,
  name: "nano-fusion-settle",
  parts: { ...names.parts, resampler: "runs/nano-fusion-names/resampler.safetensors", fusion: "runs/nano-fusion-names/fusion.safetensors" },
  data: names.data.map((source) =>
    source.name === "new names"
      ? source
      : {
          ...source,
          options: {
            ...source.options,
            worlds: { drawings: 5.5, classes: 4.5 },
            mix: { caption: 6, whatQuestion: 1.2, kindQuestion: 2, nameQuestion: 3.5, colourQuestion: 3, livingQuestion: 0.5, foodQuestion: 0.5 },
          },
        },
  ),
  optimiser: { ...names.optimiser, learningRate: 5e-4 },
  train: { steps: 3000, seed: 3, saveEvery: 250 },
} satisfies TrainingConfigInput;
