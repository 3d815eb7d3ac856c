/** What loads, from which files, and what its parts were compared with: one line for each family. Printed by `flamingo models`, and docs/models.md. */
import { otherArchitectures } from "./published/other-architectures.ts";

export interface SupportedModel {
  readonly part: "whole" | "vision" | "language";
  readonly name: string;
  readonly files: keyof typeof modelFiles;
  /** The `model_type` of its `config.json`, the architecture of its GGUF file, or what timm's names begin with. */
  readonly types: readonly string[];
  /** Whose code computes what ours is compared with. */
  readonly reference: string;
  /** What the tests record the differences as (`measured` in test/parity): names of `measuredDifferences`. */
  readonly compared: readonly string[];
}

/** Kinds of files that models come in. */
export const modelFiles = {
  hub: "folder of the hub: config.json, and safetensors or pytorch_model.bin, whole or in shards",
  openClip: "folder of open_clip: open_clip_config.json, open_clip_model.safetensors or open_clip_pytorch_model.bin",
  timm: "folder of timm: config.json, model.safetensors or pytorch_model.bin",
  gguf: "GGUF file, whole or split",
  openFlamingo: "checkpoint.pt, beside the folders of its language model and its CLIP",
} as const;

const transformers4 = "transformers 4.46";
const transformers5 = "transformers 5.24";
const timm = "timm 1.0.15";

const mobile = (...architectures: readonly string[]): string[] => architectures.map((name) => `timm-${name}`);
const language = (...names: readonly string[]): string[] => names.map((name) => `language-${name}`);

export const supportedModels: readonly SupportedModel[] = [
  {
    ...{ part: "whole", name: "OpenFlamingo 2, its head tied or not", files: "openFlamingo", types: [], reference: "open-flamingo 2.0.1" },
    compared: ["openflamingo-neox", "openflamingo-neox-every-2", "openflamingo-mpt", "openflamingo-mosaic-gpt", "openflamingo-llama"],
  },
  {
    ...{ part: "whole", name: "IDEFICS 1, with resampler or without", files: "hub", types: ["idefics"], reference: transformers4 },
    compared: ["idefics", "idefics-without-resampler"],
  },
  { part: "vision", name: "CLIP", files: "hub", types: ["clip", "clip_vision_model"], reference: transformers5, compared: ["vision-clip-alone"] },
  { part: "vision", name: "CLIP of open_clip", files: "openClip", types: [], reference: "open_clip 2.30", compared: ["openflamingo-neox"] },
  {
    ...{ part: "vision", name: "SigLIP, and SigLIP 2 of fixed sizes", files: "hub", types: ["siglip", "siglip_vision_model"], reference: transformers5 },
    compared: ["vision-siglip", "vision-siglip-alone", "vision-siglip2"],
  },
  {
    ...{ part: "vision", name: "DINOv2, with registers or without", files: "hub", types: ["dinov2", "dinov2_with_registers"], reference: transformers5 },
    compared: ["vision-dinov2", "vision-dinov2-gated", "vision-dinov2-registers"],
  },
  {
    ...{ part: "vision", name: "vision transformers of timm: plain, CLIP, SigLIP, DINOv2", files: "timm", types: ["vit_"], reference: timm },
    compared: ["vision-timm-plain", "vision-timm-registers", "vision-timm-clip", "vision-timm-siglip"],
  },
  { part: "vision", name: "those as towers of open_clip", files: "openClip", types: ["vit_"], reference: timm, compared: ["vision-timm-siglip", "vision-timm-clip"] },
  { part: "vision", name: "NFNet F0 to F6 with DeepMind's weights", files: "timm", types: ["dm_nfnet_"], reference: timm, compared: ["vision-nfnet"] },
  {
    ...{ part: "vision", name: "EfficientNet-Lite 0 to 4, with their classes", files: "timm", types: ["efficientnet_lite", "tf_efficientnet_lite"], reference: timm },
    compared: mobile("efficientnet_lite0", "tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2", "tf_efficientnet_lite3", "tf_efficientnet_lite4"),
  },
  {
    ...{ part: "vision", name: "MobileNetV2, with its classes", files: "timm", types: ["mobilenetv2_"], reference: timm },
    compared: mobile("mobilenetv2_035", "mobilenetv2_100", "mobilenetv2_140"),
  },
  {
    ...{ part: "vision", name: "MobileNetV3 large and small, with their classes", files: "timm", types: ["mobilenetv3_", "tf_mobilenetv3_"], reference: timm },
    compared: mobile("mobilenetv3_large_100", "mobilenetv3_small_100", "tf_mobilenetv3_large_100"),
  },
  {
    ...{ part: "language", name: "LLaMA 1 to 3, SmolLM2", files: "hub", types: ["llama"], reference: transformers5 },
    compared: language("llama", "llama-tied", "llama-5", "llama-linear", "llama-3", "llama-yarn", "llama-biased"),
  },
  { part: "language", name: "Mistral", files: "hub", types: ["mistral"], reference: transformers5, compared: language("mistral", "mistral-5", "mistral-beyond") },
  { part: "language", name: "Qwen2, Qwen2.5, Qwen3", files: "hub", types: ["qwen2", "qwen3"], reference: transformers5, compared: language("qwen2", "qwen2-windowed", "qwen3") },
  { part: "language", name: "Gemma 2 and 3 (text)", files: "hub", types: ["gemma2", "gemma3_text"], reference: transformers5, compared: language("gemma2", "gemma3") },
  { part: "language", name: "Phi-3", files: "hub", types: ["phi3"], reference: transformers5, compared: language("phi3", "phi3-long") },
  { part: "language", name: "OLMo 2", files: "hub", types: ["olmo2"], reference: transformers5, compared: language("olmo2") },
  { part: "language", name: "SmolLM3", files: "hub", types: ["smollm3"], reference: transformers5, compared: language("smollm3") },
  { part: "language", name: "OPT", files: "hub", types: ["opt"], reference: transformers5, compared: language("opt", "opt-350m") },
  { part: "language", name: "GPT-2", files: "hub", types: ["gpt2"], reference: transformers4, compared: language("gpt2-base") },
  { part: "language", name: "GPT-NeoX, Pythia", files: "hub", types: ["gpt_neox"], reference: transformers5, compared: [...language("pythia", "neox-5"), "openflamingo-neox"] },
  { part: "language", name: "MPT", files: "hub", types: ["mpt"], reference: transformers4, compared: ["openflamingo-mpt"] },
  { part: "language", name: "MosaicGPT", files: "hub", types: ["mosaic_gpt"], reference: transformers4, compared: ["openflamingo-mosaic-gpt"] },
  { part: "language", name: "LLaMA, Mistral, SmolLM2", files: "gguf", types: ["llama"], reference: transformers4, compared: ["gguf-llama"] },
];

export interface RefusedModel {
  readonly name: string;
  readonly because: string;
  readonly instead: string;
}

const ownTower = "a CLIP, a SigLIP or a DINOv2";

/** What is asked for and does not load. */
export const refusedModels: readonly RefusedModel[] = [
  ...new Map(Object.values(otherArchitectures).map((other) => [other.name, other])).values(),
  { name: "MobileCLIP", because: "mixes convolutions that were trained as several branches with attention (FastViT); its B cuts patches with several convolutions", instead: ownTower },
  { name: "EVA, EVA-02, PE", because: "turns queries and keys by their place in the picture", instead: ownTower },
  { name: "ConvNeXt, Swin, ViTamin", because: "is no vision transformer of one grid", instead: ownTower },
  { name: "other language models", because: "no family of them is read", instead: "one of the families above" },
];
