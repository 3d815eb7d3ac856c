/** The paper's table of ablations (Alayrac et al., 2022, table 3; the last rows are of the appendix), at any size. */
import type { AblationRow } from "flamingo-vlm/train";
import * as baseline from "../paper/flamingo-3b.ts";
import * as laion from "../paper/i-laion.ts";
import * as withoutImageText from "../paper/i-without-image-text.ts";
import * as withoutM3w from "../paper/i-without-m3w.ts";
import * as withoutVideoText from "../paper/i-without-video-text.ts";
import * as roundRobin from "../paper/ii-round-robin.ts";
import * as noGating from "../paper/iii-no-tanh-gating.ts";
import * as grafting from "../paper/iv-grafting.ts";
import * as vanilla from "../paper/iv-vanilla-xattn.ts";
import * as every2nd from "../paper/v-every-2nd.ts";
import * as every4th from "../paper/v-every-4th.ts";
import * as single from "../paper/v-single-in-the-middle.ts";
import * as mlp from "../paper/vi-mlp.ts";
import * as transformer from "../paper/vi-transformer.ts";
import * as clip from "../paper/vii-clip-vit-l-14.ts";
import * as nfnetF0 from "../paper/vii-nfnet-f0.ts";
import * as fineTuned from "../paper/viii-lm-fine-tuned.ts";
import * as fromScratch from "../paper/viii-lm-from-scratch.ts";
import { ablation, type PaperRow } from "./ablation.ts";
import type { AblationSize } from "./size.ts";

type Told = readonly [
  id: string,
  group: string,
  setting: string,
  original: string,
  changed: string,
  overall: number,
  row: PaperRow,
  resampler?: "small" | "large",
];

const gated = { kind: "gated-cross-attention-dense", attend: "all" } as const;
const seeing = { ...baseline.default, freeze: { vision: false } } as const;

/** With the overall score that the paper printed. */
const printed: readonly Told[] = [
  ["baseline", "baseline", "", "", "", 70.7, baseline],
  ["i-without-video-text", "i", "training data", "all data", "without video-text pairs", 67.3, withoutVideoText],
  ["i-without-image-text", "i", "training data", "all data", "without image-text pairs", 60.9, withoutImageText],
  ["i-laion", "i", "training data", "all data", "image-text pairs replaced by LAION", 66.4, laion],
  ["i-without-m3w", "i", "training data", "all data", "without M3W", 53.4, withoutM3w],
  ["ii-round-robin", "ii", "optimisation", "accumulation", "round robin", 62.9, roundRobin],
  ["iii-no-tanh-gating", "iii", "tanh gating", "on", "off", 66.5, noGating],
  ["iv-vanilla-xattn", "iv", "cross-attention", "GATED XATTN-DENSE", "VANILLA XATTN", 66.9, vanilla],
  ["iv-grafting", "iv", "cross-attention", "GATED XATTN-DENSE", "GRAFTING", 63.1, grafting],
  ["v-single-in-the-middle", "v", "its frequency", "every layer", "single in the middle", 59.8, single],
  ["v-every-4th", "v", "its frequency", "every layer", "every 4th", 68.8, every4th],
  ["v-every-2nd", "v", "its frequency", "every layer", "every 2nd", 68.2, every2nd],
  ["vi-mlp", "vi", "resampler", "Perceiver", "MLP", 66.6, mlp],
  ["vi-transformer", "vi", "resampler", "Perceiver", "Transformer", 66.7, transformer],
  ["vii-clip-vit-l-14", "vii", "vision encoder", "NFNet-F6", "CLIP ViT-L/14", 64.9, clip],
  ["vii-nfnet-f0", "vii", "vision encoder", "NFNet-F6", "NFNet-F0", 62.7, nfnetF0],
  ["viii-lm-from-scratch", "viii", "language model", "frozen", "trained from random weights", 57.8, fromScratch],
  ["viii-lm-fine-tuned", "viii", "language model", "frozen", "trained from pretrained weights", 62.7, fineTuned],
  ["a-i-small", "a-i", "resampler's size", "medium", "small", 67.9, baseline, "small"],
  ["a-i-large", "a-i", "resampler's size", "medium", "large", 69.0, baseline, "large"],
  ["a-ii-all-images", "a-ii", "text sees", "the last image", "all images before it", 63.5, { default: { ...baseline.default, fusion: gated } }],
  [
    ...(["a-v-vision-from-scratch", "a-v", "vision encoder", "frozen", "trained from random weights", 61.4] as const),
    { default: seeing, training: { visionWeights: "random" } },
  ],
  ["a-v-vision-fine-tuned", "a-v", "vision encoder", "frozen", "trained from pretrained weights", 68.1, { default: seeing }],
];

export function paperRows(size: AblationSize): readonly AblationRow[] {
  return printed.map(([id, group, setting, original, changed, overall, row, resampler]) => ({
    ...{ id, group, setting, original, changed },
    config: ablation(id, row, resampler === undefined ? size : { ...size, resampler: size[`${resampler}Resampler`] }),
    ...(setting === "" ? {} : { published: overall - printed[0]![5] }),
    // Each step encodes every picture, and goes back through the encoder.
    ...(row.default.freeze?.vision === false ? { costly: true } : {}),
  }));
}
