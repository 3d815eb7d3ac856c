import type { FlamingoConfigInput } from "flamingo-vlm/model";
import { languageSizes } from "flamingo-vlm/model";
import nano from "../nano/model.ts";

/** A Flamingo whose frozen parts are pretrained: SmolLM2-135M-Instruct and EfficientNet-Lite0. */
const smollm2 = {
  vision: nano.vision,
  // A tenth of the paper's resampler: the features are few (36) and small.
  resampler: { kind: "perceiver", width: 512, layers: 4, heads: 8, headDim: 64, latents: 32, frames: 8, channelNorm: true },
  language: {
    ...languageSizes["smollm2-135m"],
    // The file keeps rows of queries and keys as llama.cpp wants them.
    positions: { kind: "rotary", base: 100_000, layout: "interleaved" },
    // <image>, <|endofchunk|>, <|padding|>
    extraTokens: 3,
  },
  // Before every third of the 30 blocks: as many layers for each block as in the paper's 9B (every fourth) and 3B (every one), between the two.
  fusion: { kind: "gated-cross-attention-dense", every: 3, heads: 8, headDim: 64 },
} as const satisfies FlamingoConfigInput;

export default smollm2;
