import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano from "./model.ts";

/** Stage 1: the language model, on text alone. It is frozen afterwards, so what it can't do in context here, the joined model won't do with pictures. */
export default {
  name: "nano-language",
  model: nano,
  stage: "language",
  tokenizer: { train: { size: 4096 } },
  data: [
    // Short and repetitive until copying is learnt: with the long rows of the second data set alone it had not begun to be after 1,000 steps.
    {
      kind: "module",
      name: "short text",
      module: "./sources/text.ts",
      until: 1100,
      rows: 24,
      tokens: 96,
      options: {
        chunks: [4, 6],
        questions: 5,
        pairs: 4,
        kinds: { repetition: 3, episode: 2, wordPairs: 2, definition: 0.2, statement: 0.2, prose: 0.05 },
      },
    },
    {
      kind: "module",
      name: "long text",
      module: "./sources/text.ts",
      from: 1100,
      rows: 8,
      tokens: 256,
      options: {
        chunks: [6, 10, 14, 21],
        questions: 14,
        pairs: 8,
        kinds: { repetition: 0.5, episode: 6, wordPairs: 1.2, definition: 1.5, statement: 1.2, prose: 0.35 },
      },
    },
  ],
  optimiser: {
    learningRate: 3e-3,
    warmup: 100,
    decay: "cosine",
    final: 1e-4,
    beta2: 0.98,
    weightDecay: 0.1,
    groups: [{ paths: "[nN]orm|embedding", weightDecay: 0 }],
  },
  train: { steps: 3800, seed: 1, saveEvery: 250 },
} satisfies TrainingConfigInput;
