import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano, { nanoPixels } from "../nano/model.ts";

/** nano learns easy-VQA: its resampler and its gated cross-attention go on from where they are, vision encoder and language model stay frozen. */
export default {
  name: "easy-vqa",
  model: nano,
  stage: "flamingo",
  parts: { vision: "models/nano", resampler: "models/nano", fusion: "models/nano", language: "models/nano" },
  origins: {
    resampler: { licence: "Apache-2.0", source: "nano's, trained on by recipes/easy-vqa/fusion.ts" },
    fusion: { licence: "Apache-2.0", source: "nano's, trained on by recipes/easy-vqa/fusion.ts" },
  },
  preprocessing: nanoPixels,
  data: [{ kind: "module", name: "easy-VQA", module: "./questions.ts", features: "data/easy-vqa/features", rows: 32 }],
  optimiser: {
    learningRate: 1e-3,
    warmup: 50,
    decay: "cosine",
    final: 1e-5,
    beta2: 0.98,
    weightDecay: 0.05,
    groups: [
      { paths: "^resampler\\.", weightDecay: 0 },
      { paths: "Gate\\.alpha|[nN]orm", weightDecay: 0 },
    ],
  },
  train: { steps: 1500, seed: 1, saveEvery: 100 },
} satisfies TrainingConfigInput;
