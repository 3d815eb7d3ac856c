/** How large the ablations are, on two cores: a minute or two for each part that is trained beforehand and for each row. */
import type { FlamingoConfigInput } from "flamingo-vlm/model";
import type { TrainingConfigInput } from "flamingo-vlm/train";

const towers = {
  "nfnet-f6": { kind: "nfnet", imageSize: 64, depths: [1, 1, 2, 1], channels: [32, 64, 128, 128], stem: [8, 8, 16, 32], groupSize: 16, width: 128 },
  "nfnet-f0": { kind: "nfnet", imageSize: 64, depths: [1, 1, 1, 1], channels: [16, 32, 64, 64], stem: [4, 4, 8, 16], groupSize: 8, width: 64 },
  "clip-vit-l-14": { kind: "clip-vit", imageSize: 64, patchSize: 16, width: 96, layers: 4, heads: 4 },
} as const satisfies Readonly<Record<string, FlamingoConfigInput["vision"]>>;

export type Tower = keyof typeof towers;

interface ResamplerSize {
  readonly width: number;
  readonly layers: number;
  readonly latents: number;
  readonly frames: number;
  readonly latentsDeviation: number;
  readonly channelNorm?: boolean;
}

export interface AblationSize {
  /** In the place of the paper's vision encoders. */
  readonly towers: Readonly<Record<Tower, FlamingoConfigInput["vision"]>>;
  readonly language: FlamingoConfigInput["language"];
  /** Where the parts that rows begin with come from. */
  readonly begins: { vision(tower: Tower): string; readonly language: string; readonly tokenizer: string };
  /** How pixels are shown to all encoders. */
  readonly pixels: TrainingConfigInput["preprocessing"];
  /** What all resamplers have; and the appendix's other sizes, which the paper does not say. */
  readonly resampler: ResamplerSize;
  readonly smallResampler: ResamplerSize;
  readonly largeResampler: ResamplerSize;
  readonly heads: number;
  /** What fusion layers have, of whatever kind; those that stand between blocks of the language model; and those that do so more than once. */
  readonly fusion: { readonly all?: object; readonly between?: object };
  /** Pairs of layers of GRAFTING. */
  readonly grafted: number;
  /** The module that draws documents, with each of the paper's data sets under `show`; where it keeps an encoder's features of pictures, and how often it shows which, in rows of a batch. */
  readonly data: {
    readonly module: string;
    features?(tower: Tower): string;
    readonly rows: Readonly<Record<"M3W" | "ALIGN" | "LTIP" | "LAION" | "VTP", number>>;
    /** In the place of the paper's. */
    readonly weights?: Readonly<Record<"M3W" | "ALIGN" | "LTIP" | "LAION" | "VTP", number>>;
  };
  readonly optimiser: TrainingConfigInput["optimiser"];
  readonly train: TrainingConfigInput["train"];
}

/** Runs of `language.ts` and of `vision-….ts`. */
export const languageRun = "ablation-language";
export const visionRun = (tower: Tower): string => `ablation-${tower}`;

const medium = { width: 96, latents: 8, frames: 4, latentsDeviation: 0.05 } as const;

export const small: AblationSize = {
  towers,
  begins: {
    vision: (tower) => `runs/${visionRun(tower)}/vision.safetensors`,
    language: `runs/${languageRun}/language.safetensors`,
    tokenizer: `runs/${languageRun}/tokenizer.json`,
  },
  // Colours from 0 to 1 about a half.
  pixels: { fit: "squash", mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
  language: { vocabulary: 400, width: 96, blocks: 8, heads: 4, hidden: 256, maxTokens: 256, norm: "rms", activation: "swiGlu" },
  resampler: { ...medium, layers: 2 },
  smallResampler: { ...medium, layers: 1 },
  largeResampler: { ...medium, layers: 4 },
  heads: 4,
  grafted: 4,
  fusion: {},
  // The paper: 256, 512, 512 and 64 rows.
  data: { module: "../source.ts", rows: { M3W: 8, ALIGN: 16, LTIP: 16, LAION: 16, VTP: 4 } },
  // The paper: 1e-4 after 5000 steps, of 250,000.
  optimiser: { learningRate: 3e-3, warmup: 20, beta2: 0.98, groups: [{ paths: "^resampler\\.", weightDecay: 0 }] },
  train: { steps: 300, seed: 1, saveEvery: 100 },
};
