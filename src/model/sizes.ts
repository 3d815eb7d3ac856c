import type { FlamingoConfigInput } from "./config.ts";
import { languageSizes } from "./language/sizes.ts";
import { visionSizes } from "./vision/sizes.ts";

/**
 * The paper's three sizes differ in the language model and in how many of its blocks get a fusion layer. Its table of hyper-parameters gives 40
 * blocks and 10 fusion layers at 9B, its table of parameters counts 7.1B and 1.6B, which is 32 and 8: the counts are followed here.
 */
function paper(language: FlamingoConfigInput["language"], every: number): FlamingoConfigInput {
  return {
    vision: visionSizes["nfnet-f6"],
    resampler: { kind: "perceiver" },
    language: { ...language, extraTokens: 1 },
    fusion: { kind: "gated-cross-attention-dense", every },
  };
}

/** OpenFlamingo 2.0: an inner width of 512 whatever the language model, GELU, media not normalised, layers at the end of each group of blocks. */
function openFlamingo(language: FlamingoConfigInput["language"], every: number): FlamingoConfigInput {
  return {
    vision: visionSizes["clip-vit-l-14"],
    resampler: { kind: "perceiver", width: 1024, heads: 8, headDim: 64, activation: "gelu", finalNorm: true, frames: 0 },
    // The released embeddings have 50,280 rows: the tokenizer's 50,277 and three new ones (end of chunk, image, padding).
    language: { ...language, vocabulary: 50_277, extraTokens: 3 },
    fusion: {
      kind: "gated-cross-attention-dense",
      every,
      offset: every - 1,
      heads: 8,
      headDim: 64,
      activation: "gelu",
      mediaNorm: false,
      mediaProjection: "none",
    },
  };
}

/** IDEFICS 1: LLaMA, root-mean-square norms also of queries and keys, SwiGLU in the fusion layers. */
function idefics(language: FlamingoConfigInput["language"] & { hidden: number; normEpsilon: number }): FlamingoConfigInput {
  return {
    vision: visionSizes["clip-vit-h-14"],
    resampler: { kind: "perceiver", width: 1280, heads: 16, headDim: 96, activation: "relu", finalNorm: true, queryKeyNorm: true, frames: 0 },
    language: { ...language, extraTokens: 2 },
    fusion: {
      kind: "gated-cross-attention-dense",
      every: 4,
      hidden: language.hidden,
      activation: "swiGlu",
      norm: "rms",
      normEpsilon: language.normEpsilon,
      queryKeyNorm: true,
      mediaNorm: false,
      mediaProjection: "none",
    },
  };
}

/** Every named model, as a config that can be changed further. */
export const sizes = {
  "flamingo-3b": paper(languageSizes["chinchilla-1.4b"], 1),
  "flamingo-9b": paper(languageSizes["chinchilla-7b"], 4),
  "flamingo-80b": paper(languageSizes["chinchilla-70b"], 7),
  "openflamingo-3b": openFlamingo(languageSizes["mpt-1b"], 1),
  "openflamingo-4b": openFlamingo(languageSizes["redpajama-3b"], 2),
  "openflamingo-9b": openFlamingo(languageSizes["mpt-7b"], 4),
  "idefics-9b": idefics(languageSizes["llama-7b"]),
  "idefics-80b": idefics({ ...languageSizes["llama-7b"], width: 8192, blocks: 80, heads: 64, hidden: 22_016, normEpsilon: 1e-5 }),
} as const satisfies Readonly<Record<string, FlamingoConfigInput>>;

export type FlamingoSize = keyof typeof sizes;
