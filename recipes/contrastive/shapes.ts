import type { ContrastiveTrainingConfigInput } from "flamingo-vlm/train";

const out = "data/contrastive";

/** A small NFNet and a small BERT from random weights on coloured shapes, with the paper's recipe at the size of a few minutes on two cores. */
export default {
  name: "contrastive-shapes",
  stage: "contrastive",
  model: {
    vision: { kind: "nfnet", imageSize: 64, depths: [1, 1, 1, 1], channels: [32, 64, 128, 128], stem: [8, 8, 16, 32], groupSize: 16, width: 128 },
    text: { vocabulary: 320, maxTokens: 32, width: 64, layers: 2, heads: 2 },
    width: 64,
  },
  tokenizer: { train: { size: 320 } },
  preprocessing: { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
  augmentation: { flip: 0.5, brightness: 0.1 },
  data: [{ kind: "folder", name: "shapes", paths: `${out}/train`, rows: 64 }],
  optimiser: {
    learningRate: 2e-3,
    warmup: 20,
    decay: "linear",
    weightDecay: 0,
    clipNorm: 10,
    groups: [
      { paths: "^vision\\.", adaptiveClip: 0.01 },
      { paths: "^text\\.", clipNorm: 10 },
    ],
  },
  train: { steps: 250, seed: 1, saveEvery: 125 },
  evaluation: [
    { benchmark: "pairs", data: `${out}/held-out` },
    { benchmark: "classes", data: `${out}/classes`, templates: "recipes/contrastive/templates.txt" },
  ],
} satisfies ContrastiveTrainingConfigInput;
