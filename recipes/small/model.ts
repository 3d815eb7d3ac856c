import type { FlamingoConfigInput } from "flamingo-vlm/model";
import { languageSizes } from "flamingo-vlm/model";
import nano from "../nano/model.ts";

/** A Flamingo whose frozen parts are pretrained: SmolLM2-135M-Instruct, and nano's EfficientNet-Lite0 with what its classifier says. */
const small = {
  vision: nano.vision,
  resampler: nano.resampler,
  language: {
    ...languageSizes["smollm2-135m"],
    // The file keeps rows of queries and keys as llama.cpp wants them.
    positions: { kind: "rotary", base: 100_000, layout: "interleaved" },
  },
  // Its induction heads, which find what followed the same token before, are in blocks 17 to 24: what is seen is needed there and shortly before, where the stream has a size of 6 to 20. Layers from block 0 on would make a
  // step 1.28 times as long; whether they would learn more was not measured.
  fusion: { kind: "gated-cross-attention-dense", every: 2, offset: 13, heads: 4, headDim: 64, hidden: 576, gateInitial: 0.05, gateScale: 6 },
} as const satisfies FlamingoConfigInput;

export default small;
