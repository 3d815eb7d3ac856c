import type { LanguageConfigInput } from "./config.ts";

const noBias = { attention: false, feedForward: false, norm: false };

/**
 * The paper's language models are Chinchilla's, which are Gopher's in architecture (Rae et al., 2021): Transformer-XL's relative
 * positions, RMS norm, 32,000 vocabulary entries. The counts confirm it: with the one matrix per block that relative positions need and tied
 * embeddings, these come to 1.37B, 7.11B and 70.1B (the paper: 1.4B, 7.1B, 70B); without that matrix they would come to 1.27B, 6.57B and 64.7B.
 */
function chinchilla(blocks: number, width: number): LanguageConfigInput {
  return {
    vocabulary: 32_000,
    width,
    blocks,
    heads: width / 128,
    positions: { kind: "relative" },
    norm: "rms",
    activation: "gelu",
    bias: noBias,
  };
}

/** EleutherAI's decoders: rotary positions on a part of each head, parallel residual, untied head. */
function neox(vocabulary: number, blocks: number, width: number, heads: number): LanguageConfigInput {
  return { vocabulary, width, blocks, heads, positions: { kind: "rotary", share: 0.25 }, residual: "parallel", tiedEmbeddings: false };
}

/** MosaicML's decoders: ALiBi, no bias anywhere. */
function mpt(blocks: number, width: number, heads: number): LanguageConfigInput {
  return { vocabulary: 50_432, width, blocks, heads, positions: { kind: "alibi" }, bias: noBias };
}

/** Named language models. */
export const languageSizes = {
  "chinchilla-1.4b": chinchilla(24, 2048),
  /** The depth that agrees with the paper's own count, 7.1B, and with Gopher's table. */
  "chinchilla-7b": chinchilla(32, 4096),
  /** The depth that the paper's table of hyper-parameters prints, which counts 8.9B. */
  "chinchilla-7b-40-blocks": chinchilla(40, 4096),
  "chinchilla-70b": chinchilla(80, 8192),

  gpt2: { vocabulary: 50_257, width: 768, blocks: 12, heads: 12, maxTokens: 1024, positions: { kind: "learnt" }, activation: "geluTanh" },
  "opt-1.3b": { vocabulary: 50_272, width: 2048, blocks: 24, heads: 32, positions: { kind: "learnt", offset: 2 }, activation: "relu" },
  "pythia-1b": neox(50_304, 16, 2048, 8),
  "gpt-neox-20b": { ...neox(50_432, 44, 6144, 64), activation: "geluTanh" },
  /** GPT-NeoX's layout with rotary positions on whole heads and a sequential residual. */
  "redpajama-3b": { ...neox(50_432, 32, 2560, 32), positions: { kind: "rotary" }, residual: "sequential" },
  "mpt-1b": { ...mpt(24, 2048, 16), queryKeyNorm: "all" },
  "mpt-7b": mpt(32, 4096, 32),
  "llama-7b": {
    vocabulary: 32_000,
    width: 4096,
    blocks: 32,
    heads: 32,
    hidden: 11_008,
    norm: "rms",
    normEpsilon: 1e-6,
    activation: "swiGlu",
    bias: noBias,
    tiedEmbeddings: false,
  },
  "smollm2-135m": {
    vocabulary: 49_152,
    width: 576,
    blocks: 30,
    heads: 9,
    keyHeads: 3,
    hidden: 1536,
    maxTokens: 8192,
    positions: { kind: "rotary", base: 100_000 },
    norm: "rms",
    activation: "swiGlu",
    bias: noBias,
  },
} as const satisfies Readonly<Record<string, LanguageConfigInput>>;

export type LanguageSize = keyof typeof languageSizes;
