import type { TrainingConfigInput } from "../../src/train/training-config.ts";
import nano from "./model.ts";

/** Stage 2, end: the resampler alone, on pairs of drawings of one thing. The encoder before it was trained on photographs, by others. */
export default {
  name: "nano-resampler",
  model: nano,
  stage: "contrastive",
  tokenizer: { file: "models/nano/tokenizer.json" },
  parts: { vision: "models/nano/vision.safetensors" },
  data: [{ kind: "nano-pairs", name: "pairs of drawings", domains: ["thing", "face", "person", "symbol", "glyph"], pairs: 128 }],
  optimiser: {
    learningRate: 1e-3,
    warmup: 50,
    decay: "cosine",
    final: 1e-5,
    beta2: 0.98,
    weightDecay: 0.05,
    groups: [{ paths: "[nN]orm|logInverseTemperature|channels", weightDecay: 0 }],
  },
  train: { steps: 700, seed: 1, saveEvery: 250 },
} satisfies TrainingConfigInput;
