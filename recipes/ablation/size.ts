/** How large the ablations are, on two cores: a minute or two for each part that is trained beforehand and for each row. */
import type { FlamingoConfigInput } from "flamingo-vlm/model";
import type { TrainingConfigInput } from "flamingo-vlm/train";

const towers = {
  "nfnet-f6": { kind: "nfnet", imageSize: 64, depths: [1, 1, 2, 1], channels: [32, 64, 128, 128], stem: [8, 8, 16, 32], groupSize: 16, width: 128 },
  "nfnet-f0": { kind: "nfnet", imageSize: 64, depths: [1, 1, 1, 1], channels: [16, 32, 64, 64], stem: [4, 4, 8, 16], groupSize: 8, width: 64 },
  "clip-vit-l-14": { kind: "clip-vit", imageSize: 64, patchSize: 16, width: 96, layers: 4, heads: 4 },
} as const satisfies Readonly<Record<string, FlamingoConfigInput["vision"]>>;

export interface AblationSize {
  /** In the place of the paper's vision encoders. */
  readonly towers: Readonly<Record<keyof typeof towers, FlamingoConfigInput["vision"]>>;
  readonly language: FlamingoConfigInput["language"];
  /** What all resamplers have. */
  readonly resampler: { readonly width: number; readonly layers: number; readonly latents: number; readonly frames: number; readonly latentsDeviation: number };
  readonly heads: number;
  /** Pairs of layers of GRAFTING. */
  readonly grafted: number;
  /** Rows of a batch, by the paper's data set. */
  readonly rows: Readonly<Record<"M3W" | "ALIGN" | "LTIP" | "LAION" | "VTP", number>>;
  readonly optimiser: TrainingConfigInput["optimiser"];
  readonly train: TrainingConfigInput["train"];
}

export const small: AblationSize = {
  towers,
  language: { vocabulary: 400, width: 96, blocks: 8, heads: 4, hidden: 256, maxTokens: 256, norm: "rms", activation: "swiGlu" },
  resampler: { width: 96, layers: 2, latents: 8, frames: 4, latentsDeviation: 0.05 },
  heads: 4,
  grafted: 4,
  // The paper: 256, 512, 512 and 64.
  rows: { M3W: 8, ALIGN: 16, LTIP: 16, LAION: 16, VTP: 4 },
  // The paper: 1e-4 after 5000 steps, of 250,000.
  optimiser: { learningRate: 3e-3, warmup: 20, beta2: 0.98, groups: [{ paths: "^resampler\\.", weightDecay: 0 }] },
  train: { steps: 300, seed: 1, saveEvery: 100 },
};
