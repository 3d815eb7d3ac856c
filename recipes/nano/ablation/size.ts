/** nano's parts in the place of the paper's, and steps of a fraction of a second. */
import { type AblationSize, small } from "../../ablation/size.ts";
import nano, { nanoPixels } from "../model.ts";

const resampler = { width: 256, latents: 16, frames: 4, channelNorm: true, latentsDeviation: 0.05 } as const;

/** @param runs - the folder with the runs that trained the smaller encoders */
export function nanoSize(runs: string): AblationSize {
  return {
    towers: { ...small.towers, "nfnet-f6": nano.vision },
    language: nano.language,
    begins: {
      vision: (tower) => (tower === "nfnet-f6" ? "models/nano/vision.safetensors" : `${runs}/nano-ablation-${tower}/vision.safetensors`),
      language: "models/nano/language.safetensors",
      tokenizer: "models/nano/tokenizer.json",
    },
    pixels: nanoPixels,
    resampler: { ...resampler, layers: 2 },
    smallResampler: { ...resampler, layers: 1 },
    largeResampler: { ...resampler, layers: 4 },
    heads: 4,
    // As nano has them: gates that are a little open, and speak as loudly as the language model's stream.
    fusion: { all: { heads: 4, headDim: 64, gateInitial: 0.3, gateScale: 20 }, between: { offset: 1 } },
    grafted: 5,
    data: {
      module: "./ablation/source.ts",
      features: (tower) => `data/easy-vqa/ablation-features-${tower}`,
      rows: { M3W: 4, ALIGN: 8, LTIP: 8, LAION: 8, VTP: 4 },
      // The paper's are 1, 0.2, 0.2 and 0.03. So few steps would teach nothing of what counts that little.
      weights: { M3W: 1, ALIGN: 0.5, LTIP: 0.5, LAION: 0.5, VTP: 0.5 },
    },
    optimiser: { learningRate: 2e-3, warmup: 20, decay: "cosine", final: 1e-4, beta2: 0.98, groups: [{ paths: "^resampler\\.", weightDecay: 0 }] },
    train: { steps: 150, seed: 1, saveEvery: 50 },
  };
}
