import type { TrainingConfigInput } from "flamingo-vlm/train";
import settle from "./fusion-settle.ts";

/** Stage 3, end: goes on with photographs and drawings beside each other in one document, since examples of one kind are shown to ask about the other. */
export default {
  ...settle,
  name: "nano-fusion-mixed",
  parts: { ...settle.parts, resampler: "runs/nano-fusion-settle/resampler.safetensors", fusion: "runs/nano-fusion-settle/fusion.safetensors" },
  data: settle.data.map((source) =>
    source.name === "new names" ? source : { ...source, options: { ...source.options, worlds: { drawings: 3.5, classes: 4, all: 3.5 } } },
  ),
  train: { steps: 2800, seed: 4, saveEvery: 250 },
} satisfies TrainingConfigInput;
