import type { FlamingoConfigInput } from "flamingo-vlm/model";

/** The embedded model: small enough to train on two cores in about four hours. */
const nano = {
  vision: { kind: "efficientnet-lite", scale: 0, imageSize: 192, features: ["stride16", "stride32"], classes: 1000 },
  resampler: { kind: "perceiver", width: 256, layers: 2, heads: 4, headDim: 64, latents: 16, frames: 8, channelNorm: true, latentsDeviation: 0.05 },
  // Its work is to copy a name that the context bound to a thing, which attention does: one head finds the token before, a later one looks for what followed the same token before. The
  // feed-forward layers only have to hold captions, so they are narrow.
  language: {
    vocabulary: 4096,
    width: 256,
    blocks: 6,
    heads: 4,
    hidden: 640,
    maxTokens: 1024,
    norm: "rms",
    // Sharp scores, and channels that no position turns: one picture must be told from another wherever it stands.
    positions: { kind: "rotary", share: 0.5 },
    queryKeyNorm: "head",
    queryKeyScale: 1.5,
    activation: "swiGlu",
    bias: { attention: false, feedForward: false, norm: false },
  },
  // The language model's stream has a size of 0.1 before its first block and of 20 to 30 after it: fusion begins there and speaks as loudly.
  fusion: { kind: "gated-cross-attention-dense", every: 1, offset: 1, heads: 4, headDim: 64, gateInitial: 0.3, gateScale: 20 },
} as const satisfies FlamingoConfigInput;

/**
 * What the encoder's weights do not tell: how pixels, from 0 to 1, are normalised, and how a picture that is not square becomes so. Nothing is cut off, and white bars, which photographs do not
 * have, would keep its classifier from seeing what it knows.
 */
export const nanoPixels = { fit: "squash", mean: [127 / 255, 127 / 255, 127 / 255], deviation: [128 / 255, 128 / 255, 128 / 255] } as const;

export default nano;
