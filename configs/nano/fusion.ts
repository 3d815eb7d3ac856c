import type { TrainingConfigInput } from "../../src/train/training-config.ts";
import { nano } from "./model.ts";

/** Stage 3: the resampler and the gated cross-attention layers, on few-shot episodes with drawings; vision encoder and language model are frozen. */
export default {
  name: "nano-fusion",
  model: nano,
  stage: "flamingo",
  tokenizer: { file: "models/nano/tokenizer.json" },
  parts: { vision: "models/nano/vision.safetensors", language: "models/nano/language.safetensors" },
  data: [
    {
      kind: "nano-episodes",
      name: "episodes",
      domains: ["thing", "face", "person", "symbol", "glyph"],
      rows: 8,
      maxMedia: 21,
      mix: { binding: 5, classBinding: 0.7, caption: 2, kindQuestion: 1, nameQuestion: 1, colourQuestion: 1 },
    },
  ],
  optimiser: {
    learningRate: 1e-3,
    warmup: 100,
    decay: "cosine",
    final: 2e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    groups: [
      { paths: "^resampler\\.", weightDecay: 0 },
      // The gates begin at 0 and must open before anything behind them learns.
      { paths: "Gate\\.alpha", weightDecay: 0, learningRateFactor: 5 },
      { paths: "[nN]orm", weightDecay: 0 },
    ],
  },
  train: { steps: 3400, seed: 1, saveEvery: 200 },
} satisfies TrainingConfigInput;
