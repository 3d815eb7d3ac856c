import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano from "../nano/fusion.ts";
import smollm2 from "./model.ts";

const gguf = "data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

/**
 * The resampler, the gated cross-attention layers and the three new tokens, on nano's few-shot episodes with drawings; vision encoder and language model are frozen.
 * In a checkout `node tools/ensure-smollm2.ts` fetches the language model.
 */
export default {
  name: "small-fusion",
  model: smollm2,
  stage: "flamingo",
  tokenizer: { file: gguf },
  parts: { vision: "models/nano/vision.safetensors", language: gguf },
  preprocessing: nano.preprocessing,
  data: nano.data.map((source) => ({
    ...source,
    module: "../nano/sources/drawings.ts",
    rows: 2,
    options: { ...source.options, maxMedia: 6 },
  })),
  optimiser: {
    learningRate: 3e-4,
    warmup: 200,
    decay: "cosine",
    final: 3e-5,
    weightDecay: 0.1,
    groups: [
      { paths: "^resampler\\.", weightDecay: 0 },
      { paths: "Gate\\.alpha|[nN]orm", weightDecay: 0 },
    ],
  },
  train: { steps: 5000, seed: 1, saveEvery: 250 },
} satisfies TrainingConfigInput;
