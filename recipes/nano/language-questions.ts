import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano from "./model.ts";

/**
 * Stage 1, last: yes and no. To see whether a word is the one that was asked for is learnt suddenly or not at all, and one token in a hundred did not teach it: here most of what is learnt
 * is such an answer. Copying is kept alive beside it.
 */
export default {
  name: "nano-language-questions",
  model: nano,
  stage: "language",
  tokenizer: { file: "models/nano/tokenizer.json" },
  parts: { language: "runs/nano-language-settle/language.safetensors" },
  data: [
    {
      kind: "module",
      name: "questions",
      module: "./sources/text.ts",
      rows: 24,
      options: {
        chunks: [4, 8],
        pairs: 4,
        kinds: { repetition: 0, episode: 1, wordPairs: 0, definition: 0, statement: 0, prose: 0 },
        episodes: { nameQuestion: 4, kindQuestion: 2.5, colourQuestion: 1.5, livingQuestion: 1, foodQuestion: 1, whatQuestion: 0.5 },
      },
    },
    {
      kind: "module",
      name: "text, kept alive",
      module: "./sources/text.ts",
      rows: 6,
      tokens: 256,
      options: {
        chunks: [4, 8, 14, 21],
        questions: 14,
        pairs: 4,
        kinds: { repetition: 0.4, episode: 8, wordPairs: 2, definition: 0.7, statement: 1.5, prose: 0.2 },
        episodes: { binding: 4, classBinding: 1, caption: 0.7, whatQuestion: 0.3 },
      },
    },
  ],
  optimiser: {
    learningRate: 1.5e-3,
    warmup: 50,
    decay: "cosine",
    final: 2e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    groups: [{ paths: "[nN]orm|embedding", weightDecay: 0 }],
  },
  train: { steps: 1400, seed: 1, saveEvery: 200 },
} satisfies TrainingConfigInput;
