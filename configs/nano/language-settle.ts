import type { TrainingConfigInput } from "../../src/train/training-config.ts";
import { nano } from "./model.ts";

/** Stage 1, end: short lists of pairs were read as definitions one time in seven; a little more of them, at a falling rate, before the language model is frozen. */
export default {
  name: "nano-language-settle",
  model: nano,
  stage: "language",
  tokenizer: { file: "runs/nano-language/tokenizer.json" },
  parts: { language: "runs/nano-language/language.safetensors" },
  data: [
    {
      kind: "nano-text",
      name: "nano text, settling",
      phases: [
        {
          rows: 8,
          tokens: 256,
          chunks: [4, 8, 14, 21],
          pairs: 4,
          kinds: { repetition: 0.5, episode: 6, wordPairs: 3, definition: 1, statement: 1, prose: 0.2 },
        },
      ],
    },
  ],
  optimiser: {
    learningRate: 6e-4,
    warmup: 20,
    decay: "cosine",
    final: 2e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    groups: [{ paths: "[nN]orm|embedding", weightDecay: 0 }],
  },
  train: { steps: 450, seed: 1, saveEvery: 150 },
} satisfies TrainingConfigInput;
