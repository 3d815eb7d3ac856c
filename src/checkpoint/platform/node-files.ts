/** The public face of files (`flamingo-vlm/files`): what a recipe reads weights and tokenizers with, and writes results. */

export { writeWhole } from "../../data/platform/node-write.ts";
export { type PackageWheel, wheelFiles } from "../hub/platform/node-wheel-files.ts";
export { writeSafetensors } from "../safetensors.ts";
export { openTokenizer } from "../tokenizer-file.ts";
export type { StoredWeight, WeightFile } from "../weight-file.ts";
export { type OpenedWeights, openWeightsAt } from "../weights.ts";
export { widened } from "../widen.ts";
