import type { TrainingConfigInput } from "flamingo-vlm/train";
import fusion from "./fusion.ts";

/**
 * Stage 3, end: goes on with many real names a step. A new name is learnt as a rule, and soon; that a tram is called a tram has to be seen often, and in `fusion.ts` each
 * drawing's name comes up about three times.
 */
export default {
  ...fusion,
  name: "nano-fusion-names",
  parts: { ...fusion.parts, resampler: "runs/nano-fusion/resampler.safetensors", fusion: "runs/nano-fusion/fusion.safetensors" },
  data: fusion.data.map((source) =>
    source.name === "new names"
      ? { ...source, rows: 3 }
      : {
          ...source,
          weight: 1,
          rows: 14,
          options: {
            ...source.options,
            maxMedia: 9,
            mix: { caption: 6, whatQuestion: 1, kindQuestion: 1, nameQuestion: 2, colourQuestion: 1.5, livingQuestion: 0.4, foodQuestion: 0.4 },
          },
        },
  ),
  optimiser: { ...fusion.optimiser, learningRate: 8e-4, clipNorm: 2 },
  train: { steps: 2600, seed: 2, saveEvery: 200 },
} satisfies TrainingConfigInput;
