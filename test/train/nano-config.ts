import { parseTrainingConfig, type TrainingConfig } from "../../src/train/training-config.ts";

const { default: nano, nanoPixels } = await import("../../recipes/nano/model.ts");

/** A config that trains nano's parts on one data set. */
export function nanoConfig(source: object, changes: object): TrainingConfig {
  return parseTrainingConfig({
    model: nano,
    stage: "flamingo",
    tokenizer: { file: "models/nano/tokenizer.json" },
    parts: { vision: "models/nano/vision.safetensors" },
    preprocessing: nanoPixels,
    data: [source],
    optimiser: { learningRate: 1 },
    train: { steps: 1, seed: 4 },
    ...changes,
  });
}
