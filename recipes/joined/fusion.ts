import type { TrainingConfigInput } from "flamingo-vlm/train";

/**
 * A vision encoder and a language model that nobody has joined before, by their folders' names alone: everything else that the config needs of them, their sizes, pixels and vocabulary, is read there. Both are
 * frozen; the resampler, the gated cross-attention and three new tokens are trained, on pictures with texts.
 */
export default {
  name: "joined",
  stage: "flamingo",
  model: {
    language: { extraTokens: 3 },
    resampler: { kind: "perceiver", width: 512, layers: 4, heads: 8, headDim: 64, latents: 32, frames: 8 },
    fusion: { kind: "gated-cross-attention-dense", every: 2, heads: 8, headDim: 64 },
  },
  parts: { vision: "models/siglip2-base-patch16-256", language: "models/Qwen3-0.6B" },
  // None of them is in these vocabularies: they are the three new tokens.
  markers: { image: "<image>", endOfChunk: "<|endofchunk|>", padding: "<|padding|>" },
  data: [{ kind: "folder", name: "pictures", paths: "data/pictures", rows: 8 }],
  optimiser: {
    learningRate: 3e-4,
    warmup: 100,
    decay: "cosine",
    final: 3e-5,
    beta2: 0.98,
    weightDecay: 0.1,
    clipNorm: 1,
    groups: [{ paths: "Gate\\.alpha|[nN]orm|^language\\.extra", weightDecay: 0 }],
  },
  train: { steps: 2000, seed: 1, saveEvery: 200 },
} satisfies TrainingConfigInput;
