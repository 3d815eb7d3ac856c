import type { TrainingConfigInput } from "flamingo-vlm/train";
import { languageRun, small } from "./size.ts";

/** The language model that the rows begin with, on the words of pages alone. */
export default {
  name: languageRun,
  stage: "language",
  model: {
    vision: small.towers["nfnet-f6"],
    resampler: { kind: "perceiver", ...small.resampler, heads: small.heads, headDim: 24 },
    language: small.language,
    fusion: "gated-cross-attention-dense",
  },
  tokenizer: { train: { size: 350 } },
  data: (["pages", "captions", "names", "films"] as const).map((show) => ({
    kind: "module",
    name: show,
    module: "./words.ts",
    rows: 8,
    options: { show },
  })),
  optimiser: { learningRate: 2e-3, warmup: 20, decay: "cosine", beta2: 0.98 },
  train: { steps: 300, seed: 1, saveEvery: 100 },
} satisfies TrainingConfigInput;
