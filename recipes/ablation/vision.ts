/** Trains a vision encoder with a text tower, as the paper does before everything else. */
import type { ContrastiveTrainingConfigInput } from "flamingo-vlm/train";
import { type AblationSize, small, type Tower, visionRun } from "./size.ts";

export function visionTraining(tower: Tower, size: AblationSize = small): ContrastiveTrainingConfigInput {
  return {
    name: visionRun(tower),
    stage: "contrastive",
    model: { vision: size.towers[tower], text: { vocabulary: 400, maxTokens: 32, width: 64, layers: 2, heads: 2 }, width: 64 },
    tokenizer: { train: { size: 350 } },
    preprocessing: size.pixels,
    data: [{ kind: "module", name: "captions", module: "./source.ts", rows: 24, options: { show: "captions" } }],
    optimiser: { learningRate: 2e-3, warmup: 20, decay: "linear", weightDecay: 0, clipNorm: 10 },
    train: { steps: 200, seed: 1, saveEvery: 100 },
  };
}
