/** Two rows of the paper's table at a size of nothing, with the runs that they begin with. */
import { paperRows } from "../../../recipes/ablation/rows.ts";
import { type AblationSize, small } from "../../../recipes/ablation/size.ts";
import type { OpenAblation } from "../../../src/train/ablation.ts";

const module = "../../../recipes/ablation/source.ts";
const tokenizer = { file: "models/nano/tokenizer.json" };
const vision = { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 16, layers: 1, heads: 2 } as const;
const resampler = { width: 16, layers: 1, latents: 4, frames: 4, latentsDeviation: 0.05 };
const language = { vocabulary: 4096, width: 16, blocks: 2, heads: 2, maxTokens: 128 };

const open: OpenAblation = (runs) => {
  const size: AblationSize = {
    ...small,
    towers: { "nfnet-f6": vision, "nfnet-f0": vision, "clip-vit-l-14": vision },
    language,
    begins: { vision: () => `${runs}/tiny-vision/vision.safetensors`, language: `${runs}/tiny-language/language.safetensors`, tokenizer: tokenizer.file },
    ...{ resampler, smallResampler: resampler, largeResampler: resampler, heads: 2, grafted: 1 },
    data: { module, rows: { M3W: 2, ALIGN: 2, LTIP: 2, LAION: 2, VTP: 2 } },
    optimiser: { learningRate: 0.01 },
    train: { steps: 6, saveEvery: 2 },
  };
  return {
    name: "tiny",
    before: [
      {
        ...{ name: "tiny-vision", stage: "contrastive", tokenizer, preprocessing: small.pixels },
        model: { vision, text: { vocabulary: 4100, maxTokens: 16, width: 16, layers: 1, heads: 2 }, width: 16 },
        data: [{ kind: "module", name: "captions", module, rows: 4, options: { show: "captions" } }],
        optimiser: { learningRate: 0.01 },
        train: { steps: 2 },
      },
      {
        ...{ name: "tiny-language", stage: "language", tokenizer },
        model: { vision, resampler: { kind: "perceiver", ...resampler }, language, fusion: "gated-cross-attention-dense" },
        data: [{ kind: "module", name: "pages", module: "../../../recipes/ablation/words.ts", rows: 2, options: { show: "pages" } }],
        optimiser: { learningRate: 0.01 },
        train: { steps: 2 },
      },
      // No row begins with it, so that it is not made.
      {
        ...{ name: "tiny-unused", stage: "language", tokenizer },
        model: { vision, resampler: { kind: "perceiver", ...resampler }, language, fusion: "gated-cross-attention-dense" },
        data: [{ kind: "module", name: "pages", module: "../../../recipes/ablation/words.ts", rows: 2, options: { show: "pages" } }],
        optimiser: { learningRate: 0.01 },
        train: { steps: 2 },
      },
    ],
    // The last ones are costly, so that they are only run by name.
    rows: paperRows(size).filter(({ group }) => ["baseline", "iii", "a-v"].includes(group)),
    suite: { module: "./suite.ts", limit: 6, seed: 1 },
    scores: [
      { title: "shapes", task: "shapes", shots: 2, best: 80 },
      { title: "captions", task: "captions", measure: "CIDEr", shots: 1, best: 1000 },
    ],
    seeds: 2,
  };
};
export default open;
