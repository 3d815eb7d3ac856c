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
      ? { ...source, rows: 4, options: { ...source.options, disturbed: 0.3 } }
      : {
          ...source,
          weight: 1,
          rows: 14,
          options: {
            ...source.options,
            maxMedia: 9,
            disturbed: 0.5,
            plain: 0.4,
            mix: { caption: 6.5, whatQuestion: 1.2, kindQuestion: 1.5, nameQuestion: 3, colourQuestion: 2, livingQuestion: 0.5, foodQuestion: 0.5 },
          },
        },
  ),
  optimiser: { ...fusion.optimiser, clipNorm: 2 },
  train: { steps: 9000, seed: 2, saveEvery: 500 },
} satisfies TrainingConfigInput;
