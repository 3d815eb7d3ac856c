/** Models that people bring and that are no Flamingos, nor parts of one: what they are called, and what to take in their place. */
import { CheckpointError } from "../errors.ts";

interface Other {
  readonly name: string;
  /** What its pictures become, so that it is none of ours. */
  readonly because: string;
  readonly instead: string;
}

const tokens = "puts pictures among the text as tokens, without cross-attention";
const joined = (vision: string, language: string): string => `join ${vision} and ${language} anew, as docs/training-parts.md says`;
const small = joined("google/siglip-base-patch16-512", "HuggingFaceTB/SmolLM2-360M-Instruct");
const qwen = joined("google/siglip2-base-patch16-256", "Qwen/Qwen3-0.6B");
const fixedSizes = "a SigLIP 2 of fixed size, such as google/siglip2-base-patch16-256";

/** By the `model_type` of their `config.json`. */
export const otherArchitectures: Readonly<Record<string, Other>> = {
  smolvlm: { name: "SmolVLM", because: tokens, instead: small },
  idefics2: { name: "Idefics2", because: tokens, instead: joined("google/siglip-so400m-patch14-384", "mistralai/Mistral-7B-v0.1") },
  idefics3: { name: "Idefics3", because: tokens, instead: joined("google/siglip-so400m-patch14-384", "meta-llama/Llama-3.1-8B-Instruct") },
  llava: { name: "LLaVA", because: tokens, instead: joined("openai/clip-vit-large-patch14-336", "lmsys/vicuna-7b-v1.5") },
  llava_next: { name: "LLaVA-NeXT", because: tokens, instead: joined("openai/clip-vit-large-patch14-336", "mistralai/Mistral-7B-Instruct-v0.2") },
  llava_onevision: { name: "LLaVA-OneVision", because: tokens, instead: joined("google/siglip-so400m-patch14-384", "Qwen/Qwen2-0.5B-Instruct") },
  qwen2_vl: { name: "Qwen2-VL", because: tokens, instead: qwen },
  qwen2_5_vl: { name: "Qwen2.5-VL", because: tokens, instead: qwen },
  qwen3_vl: { name: "Qwen3-VL", because: tokens, instead: qwen },
  paligemma: { name: "PaliGemma", because: tokens, instead: joined("google/siglip-so400m-patch14-224", "google/gemma-2-2b") },
  siglip2: { name: "a SigLIP 2 of any proportions (NaFlex)", because: "cuts pictures into as many patches as they have room for", instead: fixedSizes },
  siglip2_vision_model: { name: "a SigLIP 2 of any proportions (NaFlex)", because: "cuts pictures into as many patches as they have room for", instead: fixedSizes },
};

/** @param name - what errors call the file or folder @throws CheckpointError when it is one of those */
export function refuseOtherArchitecture(type: unknown, name: string): void {
  const other = typeof type === "string" && Object.hasOwn(otherArchitectures, type) ? otherArchitectures[type] : undefined;
  if (other !== undefined)
    throw new CheckpointError(`${name} is ${other.name}, which ${other.because}: another architecture than Flamingo's. In its place: ${other.instead}`);
}

/** Towers of open_clip and timm that people ask for, by what their names begin with. */
const otherTowers: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^fastvit_mci/, "MobileCLIP's FastViT mixes convolutions that were trained as several branches with attention"],
  [/^vit_base_mci/, "MobileCLIP-B cuts its patches with several convolutions"],
  [/^(eva|eva02)_|^vit_pe_/, "its positions turn queries and keys"],
  [/^vit_(relpos|srelpos)_/, "its positions are added to the scores"],
  [/^(convnext|swin|vitamin|resnet|coatnet)/, "it is no vision transformer of one grid"],
];

/** What an error says of a tower by that name. */
export function whyNotTower(architecture: string): string {
  const known = otherTowers.find(([pattern]) => pattern.test(architecture));
  const why = known === undefined ? "" : `: ${known[1]}`;
  return `the tower ${architecture} of timm is not supported${why}. In its place: a CLIP, a SigLIP or a DINOv2`;
}
