import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano, { nanoPixels } from "./model.ts";

/** Stage 2, end: the resampler alone, on pairs of pictures of one thing. The encoder before it was trained on photographs, by others. */
export default {
  name: "nano-resampler",
  model: nano,
  stage: "resampler",
  tokenizer: { file: "models/nano/tokenizer.json" },
  // Embeddings of the encoder's classes begin as their names: `flamingo data nano/class-embeddings` writes them.
  parts: { vision: "models/nano/vision.safetensors", resampler: "data/nano/class-embeddings.safetensors" },
  preprocessing: nanoPixels,
  data: [
    {
      kind: "module",
      name: "pairs of pictures",
      module: "./sources/pairs.ts",
      features: "data/nano/features",
      rows: 128,
      options: { worlds: { drawings: 4, glyphs: 2, procedural: 2, photographs: 1, classes: 2.5, all: 1 }, blended: 0.35 },
    },
  ],
  optimiser: {
    learningRate: 1e-3,
    warmup: 50,
    decay: "cosine",
    final: 1e-5,
    beta2: 0.98,
    weightDecay: 0.05,
    groups: [{ paths: "[nN]orm|logInverseTemperature|channels", weightDecay: 0 }],
  },
  train: { steps: 1000, seed: 1, saveEvery: 250 },
} satisfies TrainingConfigInput;
