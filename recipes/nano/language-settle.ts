import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano from "./model.ts";

/**
 * Stage 1, end: questions about things and short lists of pairs, at a falling rate, before the language model is frozen. After the first run it read short lists as definitions one time
 * in seven, and answered yes or no hardly better than a coin.
 */
export default {
  name: "nano-language-settle",
  model: nano,
  stage: "language",
  tokenizer: { file: "runs/nano-language/tokenizer.json" },
  parts: { language: "runs/nano-language/language.safetensors" },
  data: [
    {
      kind: "module",
      name: "text, settling",
      module: "./sources/text.ts",
      rows: 8,
      tokens: 256,
      options: {
        chunks: [4, 8, 14, 21],
        questions: 14,
        pairs: 4,
        kinds: { repetition: 0.4, episode: 8, wordPairs: 2.5, definition: 0.7, statement: 1, prose: 0.2 },
        episodes: { binding: 3, classBinding: 1, caption: 0.5, kindQuestion: 1.5, nameQuestion: 2.5, colourQuestion: 1.5 },
      },
    },
  ],
  optimiser: {
    learningRate: 1.2e-3,
    warmup: 50,
    decay: "cosine",
    final: 2e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    groups: [{ paths: "[nN]orm|embedding", weightDecay: 0 }],
  },
  train: { steps: 1000, seed: 1, saveEvery: 200 },
} satisfies TrainingConfigInput;
