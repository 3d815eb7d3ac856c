/** Models of other architectures, by the `config.json` of their repositories (what is shortened are lists and what only generation reads): an error says what they are and what to take in their place. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Flamingo } from "../../src/index.ts";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { otherArchitectures } from "../../src/checkpoint/published/other-architectures.ts";
import { publishedVision } from "../../src/checkpoint/published/vision-config.ts";
import { fixtures } from "../parity/published-model.ts";

const written = { torch_dtype: "bfloat16", transformers_version: "4.46.0" };

const released: readonly (readonly [repository: string, config: Readonly<Record<string, unknown>>, name: string, instead: RegExp])[] = [
  [
    "HuggingFaceTB/SmolVLM2-500M-Video-Instruct",
    {
      ...{ architectures: ["SmolVLMForConditionalGeneration"], image_token_id: 49190, model_type: "smolvlm", pad_token_id: 128002, scale_factor: 4, ...written },
      text_config: { architectures: ["VLlama3ForCausalLM"], head_dim: 64, hidden_size: 960, intermediate_size: 2560, model_type: "llama", num_hidden_layers: 32 },
      vision_config: { hidden_size: 768, image_size: 512, max_image_size: { longest_edge: 512 }, model_type: "smolvlm_vision", num_attention_heads: 12, patch_size: 16 },
      vocab_size: 49280,
    },
    "SmolVLM",
    /siglip-base-patch16-512 and HuggingFaceTB\/SmolLM2/,
  ],
  [
    "HuggingFaceM4/idefics2-8b",
    {
      ...{ architectures: ["Idefics2ForConditionalGeneration"], image_token_id: 32001, model_type: "idefics2", tie_word_embeddings: false, ...written },
      perceiver_config: { model_type: "idefics2", resampler_n_latents: 64, resampler_depth: 3, num_key_value_heads: 4 },
      text_config: { max_position_embeddings: 32768, model_type: "mistral", pad_token_id: 0, rms_norm_eps: 1e-5, sliding_window: 4096, vocab_size: 32003 },
      vision_config: { hidden_size: 1152, image_size: 980, intermediate_size: 4304, model_type: "idefics2", num_attention_heads: 16, patch_size: 14 },
    },
    "Idefics2",
    /siglip-so400m-patch14-384 and mistralai/,
  ],
  [
    "HuggingFaceM4/Idefics3-8B-Llama3",
    {
      ...{ architectures: ["Idefics3ForConditionalGeneration"], image_token_id: 128257, model_type: "idefics3", scale_factor: 2, ...written },
      text_config: { hidden_size: 4096, intermediate_size: 14336, model_type: "llama", num_key_value_heads: 8, rope_theta: 500000.0, vocab_size: 128259 },
      vision_config: { hidden_size: 1152, image_size: 364, intermediate_size: 4304, model_type: "idefics3", num_attention_heads: 16, patch_size: 14 },
    },
    "Idefics3",
    /siglip-so400m-patch14-384 and meta-llama/,
  ],
  [
    "llava-hf/llava-1.5-7b-hf",
    {
      ...{ architectures: ["LlavaForConditionalGeneration"], ignore_index: -100, image_token_index: 32000, model_type: "llava", pad_token_id: 32001, ...written },
      ...{ projector_hidden_act: "gelu", vision_feature_layer: -2, vision_feature_select_strategy: "default", vocab_size: 32064 },
      text_config: { _name_or_path: "lmsys/vicuna-7b-v1.5", architectures: ["LlamaForCausalLM"], max_position_embeddings: 4096, model_type: "llama" },
      vision_config: { hidden_size: 1024, image_size: 336, intermediate_size: 4096, model_type: "clip_vision_model", num_attention_heads: 16, patch_size: 14 },
    },
    "LLaVA",
    /clip-vit-large-patch14-336 and lmsys\/vicuna/,
  ],
  [
    "llava-hf/llava-v1.6-mistral-7b-hf",
    {
      ...{ architectures: ["LlavaNextForConditionalGeneration"], image_grid_pinpoints: [[336, 672]], image_token_index: 32000, model_type: "llava_next", ...written },
      text_config: { _name_or_path: "mistralai/Mistral-7B-Instruct-v0.2", model_type: "mistral", sliding_window: null, vocab_size: 32064 },
      vision_config: { hidden_size: 1024, image_size: 336, model_type: "clip_vision_model", num_attention_heads: 16, patch_size: 14 },
    },
    "LLaVA-NeXT",
    /clip-vit-large-patch14-336 and mistralai/,
  ],
  [
    "llava-hf/llava-onevision-qwen2-0.5b-ov-hf",
    {
      ...{ architectures: ["LlavaOnevisionForConditionalGeneration"], image_token_index: 151646, model_type: "llava_onevision", tie_word_embeddings: false, ...written },
      text_config: { hidden_size: 896, model_type: "qwen2", num_attention_heads: 14, num_hidden_layers: 24, vocab_size: 152000 },
      vision_config: { hidden_size: 1152, image_size: 384, model_type: "siglip_vision_model", num_hidden_layers: 26, patch_size: 14, vision_use_head: false },
    },
    "LLaVA-OneVision",
    /siglip-so400m-patch14-384 and Qwen/,
  ],
  [
    "Qwen/Qwen2-VL-2B-Instruct",
    {
      ...{ architectures: ["Qwen2VLForConditionalGeneration"], hidden_act: "silu", hidden_size: 1536, image_token_id: 151655, model_type: "qwen2_vl", ...written },
      ...{ num_attention_heads: 12, num_key_value_heads: 2, rope_scaling: { type: "mrope", mrope_section: [16, 24, 24] }, vocab_size: 151936 },
      vision_config: { depth: 32, embed_dim: 1280, hidden_size: 1536, in_chans: 3, mlp_ratio: 4, num_heads: 16, patch_size: 14, spatial_merge_size: 2 },
    },
    "Qwen2-VL",
    /siglip2-base-patch16-256 and Qwen\/Qwen3-0\.6B/,
  ],
  [
    "Qwen/Qwen2.5-VL-3B-Instruct",
    {
      ...{ architectures: ["Qwen2_5_VLForConditionalGeneration"], hidden_size: 2048, image_token_id: 151655, model_type: "qwen2_5_vl", vocab_size: 151936, ...written },
      vision_config: { depth: 32, fullatt_block_indexes: [7, 15, 23, 31], hidden_size: 1280, out_hidden_size: 2048, patch_size: 14, window_size: 112 },
    },
    "Qwen2.5-VL",
    /siglip2-base-patch16-256/,
  ],
  [
    "Qwen/Qwen3-VL-2B-Instruct",
    {
      ...{ architectures: ["Qwen3VLForConditionalGeneration"], image_token_id: 151655, model_type: "qwen3_vl", tie_word_embeddings: true, ...written },
      text_config: { head_dim: 128, hidden_size: 2048, model_type: "qwen3_vl_text", num_hidden_layers: 28, vocab_size: 151936 },
      vision_config: { deepstack_visual_indexes: [5, 11, 17], depth: 24, hidden_size: 1024, model_type: "qwen3_vl", patch_size: 16 },
    },
    "Qwen3-VL",
    /siglip2-base-patch16-256/,
  ],
  [
    "google/paligemma-3b-pt-224",
    {
      ...{ architectures: ["PaliGemmaForConditionalGeneration"], hidden_size: 2048, ignore_index: -100, image_token_index: 257152, model_type: "paligemma", ...written },
      text_config: { hidden_size: 2048, intermediate_size: 16384, model_type: "gemma", num_attention_heads: 8, num_hidden_layers: 18, vocab_size: 257216 },
      vision_config: { hidden_size: 1152, intermediate_size: 4304, model_type: "siglip_vision_model", num_attention_heads: 16, patch_size: 14, projection_dim: 2048 },
    },
    "PaliGemma",
    /siglip-so400m-patch14-224 and google\/gemma/,
  ],
  [
    "google/siglip2-base-patch16-naflex",
    {
      ...{ architectures: ["Siglip2Model"], initializer_factor: 1.0, model_type: "siglip2", torch_dtype: "float32", transformers_version: "4.49.0.dev0" },
      text_config: { hidden_act: "gelu_pytorch_tanh", model_type: "siglip2_text_model", projection_size: 768, vocab_size: 256000 },
      vision_config: { hidden_act: "gelu_pytorch_tanh", model_type: "siglip2_vision_model", num_patches: 256, patch_size: 16 },
    },
    "a SigLIP 2 of any proportions (NaFlex)",
    /a SigLIP 2 of fixed size, such as google\/siglip2-base-patch16-256/,
  ],
];

describe.each(released)("%s", async (repository, config, name, instead) => {
  const folder = join(await mkdtemp(join(tmpdir(), "flamingo-other-")), repository.split("/")[1]!);
  await cp(join(fixtures, "vision-siglip"), folder, { recursive: true });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  afterAll(() => rm(folder, { recursive: true }));
  const says = (error: unknown): void => {
    expect(error).toBeInstanceOf(CheckpointError);
    const { message } = error as Error;
    expect(message).toContain(`is ${name}, which `);
    expect(message).toMatch(instead);
    expect(message).not.toContain("\n");
  };

  test.each(["vision", "language"] as const)("is no folder of the part %s", async (part) => says(await openPart(part, folder, {}).catch((error: unknown) => error)));

  test("is no whole model", async () => says(await Flamingo.load(folder).catch((error: unknown) => error)));
});

test("each of them is tried", () => {
  const tried = new Set(released.map(([, config]) => config["model_type"]));
  expect(Object.keys(otherArchitectures).filter((type) => !tried.has(type))).toEqual(["siglip2_vision_model"]);
});

const tower = (name: string, more: object = {}): object => ({ model_cfg: { embed_dim: 512, vision_cfg: { image_size: 224, timm_model_name: name, ...more }, text_cfg: {} } });

test.each([
  ["MobileCLIP-S1", tower("fastvit_mci1", { timm_pool: "avg", timm_proj: null }), /the tower fastvit_mci1 of timm is not supported: MobileCLIP's FastViT mixes/],
  ["MobileCLIP-B", tower("vit_base_mci_224", { timm_pool: "token" }), /MobileCLIP-B cuts its patches with several convolutions/],
  ["EVA02-B-16", tower("eva02_base_patch16_clip_224"), /its positions turn queries and keys/],
  ["PE-Core-B-16", tower("vit_pe_core_base_patch16_224"), /its positions turn queries and keys/],
  ["convnext_base", tower("convnext_base"), /no vision transformer of one grid/],
  ["vit_relpos", tower("vit_relpos_medium_patch16_cls_224"), /its positions are added to the scores/],
  ["an efficientnet with excitation", { architecture: "efficientnet_b0" }, /the tower efficientnet_b0 of timm is not supported. In its place: a CLIP, a SigLIP or a DINOv2; timm's .*efficientnet_lite0 to 4/],
])("open_clip's and timm's %s is refused by name, with what to take in its place", (_, json, message) => {
  expect(() => publishedVision(json, "x")).toThrow(message);
});
