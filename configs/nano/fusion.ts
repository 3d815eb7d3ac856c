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
      maxMedia: 16,
      mix: { binding: 5, classBinding: 0.7, caption: 2, kindQuestion: 1, nameQuestion: 1, colourQuestion: 1 },
    },
  ],
  optimiser: { learningRate: 1e-3, warmup: 100, decay: "cosine", final: 5e-5, beta2: 0.98, weightDecay: 0.1, groups: [{ paths: "^resampler\\.", weightDecay: 0 }, { paths: "[gG]ate|[nN]orm", weightDecay: 0 }] },
  train: { steps: 4000, seed: 1, saveEvery: 250 },
} satisfies TrainingConfigInput;
