import type { TrainingConfigInput } from "../../src/train/training-config.ts";
import nano from "./model.ts";

/**
 * Stage 3: the resampler and the gated cross-attention layers, on few-shot episodes with drawings; vision encoder and language model are frozen. Mostly new names here; `fusion-names.ts`
 * goes on from it.
 */
export default {
  name: "nano-fusion",
  model: nano,
  stage: "flamingo",
  tokenizer: { file: "models/nano/tokenizer.json" },
  parts: { vision: "models/nano/vision.safetensors", language: "models/nano/language.safetensors" },
  // Two data sets whose gradients are added up with weights, as in the paper: names that no picture of a new thing can tell have a loss so large that it drowned the binding of new
  // names when both were one data set.
  data: [
    {
      kind: "nano-episodes",
      name: "new names",
      domains: ["thing", "face", "person", "symbol", "glyph"],
      rows: 6,
      maxMedia: 14,
      mix: { binding: 5, classBinding: 0.5 },
    },
    {
      kind: "nano-episodes",
      name: "names and questions",
      weight: 0.3,
      domains: ["thing", "face", "person", "symbol"],
      rows: 5,
      maxMedia: 6,
      mix: { caption: 2, kindQuestion: 1, nameQuestion: 1, colourQuestion: 1 },
    },
  ],
  optimiser: {
    learningRate: 1e-3,
    warmup: 100,
    decay: "cosine",
    final: 3e-4,
    beta2: 0.98,
    weightDecay: 0.1,
    groups: [
      { paths: "^resampler\\.", weightDecay: 0 },
      { paths: "Gate\\.alpha|[nN]orm", weightDecay: 0 },
    ],
  },
  train: { steps: 1500, seed: 1, saveEvery: 200 },
} satisfies TrainingConfigInput;
