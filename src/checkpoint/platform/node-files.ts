/** The public face of files (`flamingo-vlm/files`): what a recipe reads weights and tokenizers with, and writes results. */

export { type WriteOptions, writeWhole } from "../../data/platform/node-write.ts";
export type { Tokenizer } from "../../data/tokenizer.ts";
export type { BlockSize } from "../../graph/graph.ts";
export { type PackageWheel, wheelFiles } from "../hub/platform/node-wheel-files.ts";
export type { PytorchOptions } from "../pytorch/open-pytorch.ts";
export type { ArchiveEntry } from "../pytorch/zip-archive.ts";
export { writeSafetensors } from "../safetensors.ts";
export type { StoredDType, StoredTensor } from "../stored-tensor.ts";
export { openTokenizer } from "../tokenizer-file.ts";
export type { PerBlock, QuantisedBlocks, StoredBlocks, StoredWeight, WeightFile } from "../weight-file.ts";
export { type OpenedWeights, openWeightsAt } from "../weights.ts";
export { widened } from "../widen.ts";
