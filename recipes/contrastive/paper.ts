import { visionSizes } from "flamingo-vlm/model";
import type { ContrastiveTrainingConfigInput } from "flamingo-vlm/train";

/** The mean value, which normalised is 0, around pictures that are not square. */
const mean = [0.5, 0.5, 0.5] as const;

/**
 * How the paper pre-trains its vision encoder (appendix B.1.3): NFNet-F6 and BERT on ALIGN and LTIP, whose gradients are added up in each of 1.2 million steps, 16,384 pairs at a time: here of each data
 * set, on 512 processes of 32 pairs. The data were never published: name your own.
 */
export default {
  name: "paper-contrastive",
  stage: "contrastive",
  model: {
    vision: { ...visionSizes["nfnet-f6"], imageSize: 288 },
    // BERT-base. The paper does not say which BERT; its ablation has BERT-mini with NFNet-F0.
    text: {},
    width: 1376,
    labelSmoothing: 0.1,
  },
  tokenizer: { train: { size: 30_522 } },
  preprocessing: { fit: "pad", background: [128, 128, 128], mean, deviation: [0.25, 0.25, 0.25] },
  // "Colour augmentation" without figures: those of torchvision's examples.
  augmentation: { flip: 0.5, brightness: 0.4, contrast: 0.4, saturation: 0.4 },
  data: [
    { kind: "webdataset", name: "ALIGN", paths: "data/align", rows: 32, sequence: { tokens: 64 } },
    { kind: "webdataset", name: "LTIP", paths: "data/ltip", rows: 32, sequence: { tokens: 64 } },
  ],
  combine: "accumulation",
  optimiser: {
    learningRate: 1e-3,
    decay: "linear",
    // Adam, not AdamW.
    weightDecay: 0,
    clipNorm: 10,
    groups: [
      { paths: "^vision\\.", adaptiveClip: 0.01 },
      { paths: "^text\\.", clipNorm: 10 },
    ],
  },
  train: { steps: 1_200_000, saveEvery: 1000 },
  evaluation: [
    { benchmark: "imagenet", data: "data/imagenet" },
    { benchmark: "flickr30k", data: "data/flickr30k" },
    { benchmark: "coco", data: "data/coco" },
  ],
} satisfies ContrastiveTrainingConfigInput;
