/**
 * Configs that others write: each key is used, or refused by name, or known to change nothing. What is known is held against the config classes of transformers 4.28 to 5.24, timm and open_clip, as those
 * write them (`tools/reference/published_configs.py`): every key gets another value, and the tables below say which of them may change nothing.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ideficsConfig } from "../../src/checkpoint/published/idefics-config.ts";
import { publishedLanguageConfig } from "../../src/checkpoint/published/language-config.ts";
import { publishedVision } from "../../src/checkpoint/published/vision-config.ts";
import { ConfigError } from "../../src/model/strict-config.ts";
import { keyUses } from "./mutated-config.ts";
import { released } from "./released-configs.ts";
import { releasedLanguage } from "./released-language-configs.ts";

type Config = Readonly<Record<string, unknown>>;

const folder = join(import.meta.dirname, "../fixtures/published-configs");
const files = await Promise.all(
  (await readdir(folder)).map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as Readonly<Record<string, Written>>),
);
interface Written {
  readonly saved: Config;
  readonly attributes?: Config;
}

/** All files of a kind, of whichever version. */
function writtenAs(kind: string): readonly Config[] {
  return files.flatMap((file) => (file[kind] === undefined ? [] : [file[kind].saved, ...(file[kind].attributes === undefined ? [] : [file[kind].attributes])]));
}

function read(json: unknown): unknown {
  const { model_type: type } = json as { model_type?: string };
  if (type === "idefics") return ideficsConfig(json, "x");
  if (type !== undefined && !/^(clip|siglip|dinov2)/.test(type)) return publishedLanguageConfig(json, "x");
  const { config, pixels } = publishedVision(json, "x");
  return { config, pixels };
}

/** What every config of transformers has, whatever its family. */
const shared = new Set(
  files.flatMap(({ LlamaConfig: llama, GPT2Config: gpt2, CLIPVisionConfig: clip }) =>
    Object.keys(llama?.attributes ?? {}).filter((key) => key in gpt2!.attributes! && key in clip!.attributes! && key !== "tie_word_embeddings"),
  ),
);
const own = (paths: readonly string[]): string[] =>
  paths.filter((path) => !shared.has(path.split(".").findLast((key) => !/^(\d|LABEL)/.test(key))!) && !path.startsWith("text_config."));
const texts = (list: string): string[] =>
  list
    .split(" ")
    .filter((each) => each !== "")
    .sort();

/** Of a family's own keys, those that may change nothing, and those that nothing but their default may be said with. All others change what is read. */
const families: readonly (readonly [kind: string, ignored: string, refused: string])[] = [
  ["LlamaConfig", "attention_dropout pretraining_tp use_cache", "hidden_act rope_scaling rope_parameters.rope_type"],
  ["Qwen2Config", "attention_dropout max_window_layers sliding_window use_cache use_sliding_window", "hidden_act rope_scaling rope_parameters.rope_type"],
  ["Qwen3Config", "attention_dropout max_window_layers sliding_window use_cache use_sliding_window", "hidden_act rope_scaling rope_parameters.rope_type"],
  ["Gemma2Config", "attention_dropout cache_implementation use_cache", "hidden_activation rope_parameters.rope_type use_bidirectional_attention"],
  [
    "Gemma3TextConfig",
    "_sliding_window_pattern attention_dropout use_cache",
    "attn_logit_softcapping hidden_activation rope_scaling rope_parameters.full_attention.rope_type rope_parameters.sliding_attention.rope_type use_bidirectional_attention",
  ],
  [
    "Phi3Config",
    "attention_dropout embd_pdrop original_max_position_embeddings resid_pdrop use_cache",
    "hidden_act partial_rotary_factor rope_scaling rope_parameters.partial_rotary_factor rope_parameters.rope_type",
  ],
  ["Olmo2Config", "attention_dropout use_cache", "hidden_act rope_scaling rope_parameters.rope_type"],
  [
    "SmolLM3Config",
    "attention_dropout no_rope_layer_interval sliding_window use_cache use_sliding_window",
    "hidden_act rope_scaling rope_parameters.rope_type",
  ],
  ["MistralConfig", "attention_dropout use_cache", "hidden_act rope_parameters.rope_type"],
  [
    "GPTNeoXConfig",
    "attention_dropout hidden_dropout classifier_dropout use_cache",
    "attention_bias hidden_act rope_scaling rope_parameters.rope_type rope_theta partial_rotary_factor",
  ],
  [
    "OPTConfig",
    "attention_dropout dropout init_std layerdrop use_cache",
    "activation_function enable_bias layer_norm_elementwise_affine _remove_final_layer_norm",
  ],
  [
    "GPT2Config",
    "attn_pdrop embd_pdrop resid_pdrop reorder_and_upcast_attn use_cache summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj",
    "activation_function scale_attn_weights scale_attn_by_inverse_layer_idx",
  ],
  [
    "MptConfig",
    "emb_pdrop resid_pdrop init_device learned_pos_emb use_cache verbose attn_config.attn_impl attn_config.attn_pdrop attn_config.attn_uses_sequence_id attn_config.tie_word_embeddings",
    "no_bias logit_scale norm_type embedding_fraction tie_word_embeddings attn_config.alibi attn_config.attn_type attn_config.clip_qkv attn_config.prefix_lm attn_config.softmax_scale",
  ],
  ["CLIPVisionConfig", "attention_dropout initializer_factor projection_dim tie_word_embeddings", "hidden_act num_channels"],
  ["SiglipVisionConfig", "attention_dropout tie_word_embeddings vision_use_head", "hidden_act num_channels"],
  [
    "CLIPConfig",
    "_commit_hash initializer_factor logit_scale_init_value projection_dim tie_word_embeddings vision_config.attention_dropout vision_config.initializer_factor vision_config.projection_dim vision_config.tie_word_embeddings",
    "vision_config.hidden_act vision_config.num_channels",
  ],
  [
    "SiglipConfig",
    "initializer_factor tie_word_embeddings vision_config.attention_dropout vision_config.tie_word_embeddings vision_config.vision_use_head",
    "vision_config.hidden_act vision_config.num_channels",
  ],
  [
    "IdeficsConfig",
    "alpha_initializer alphas_initializer_range dropout use_cache freeze_lm_head freeze_text_layers freeze_text_module_exceptions freeze_vision_layers freeze_vision_module_exceptions perceiver_config.use_resampler perceiver_config.tie_word_embeddings vision_config.attention_dropout vision_config.initializer_factor vision_config.tie_word_embeddings",
    "alpha_type hidden_act rope_parameters.rope_type vision_config.hidden_act vision_config.num_channels",
  ],
  [
    "Dinov2Config",
    "apply_layernorm attention_probs_dropout_prob drop_path_rate hidden_dropout_prob layerscale_value out_features out_indices reshape_hidden_states stage_names tie_word_embeddings use_mask_token",
    "hidden_act num_channels qkv_bias",
  ],
  [
    "Dinov2WithRegistersConfig",
    "apply_layernorm attention_probs_dropout_prob drop_path_rate hidden_dropout_prob layerscale_value out_features out_indices reshape_hidden_states stage_names",
    "hidden_act num_channels qkv_bias",
  ],
  [
    "timm",
    "num_classes num_features pretrained_cfg.classifier pretrained_cfg.custom_load pretrained_cfg.first_conv pretrained_cfg.fixed_input_size pretrained_cfg.num_classes pretrained_cfg.pool_size pretrained_cfg.tag pretrained_cfg.test_input_size",
    "pretrained_cfg.crop_mode pretrained_cfg.crop_pct pretrained_cfg.interpolation",
  ],
  [
    "open_clip",
    "model_cfg.embed_dim model_cfg.text_cfg model_cfg.vision_cfg.attn_pooler_heads model_cfg.vision_cfg.attn_pooler_queries model_cfg.vision_cfg.output_tokens model_cfg.vision_cfg.patch_dropout model_cfg.vision_cfg.timm_drop model_cfg.vision_cfg.timm_drop_path model_cfg.vision_cfg.timm_model_pretrained model_cfg.vision_cfg.timm_pool model_cfg.vision_cfg.timm_proj model_cfg.vision_cfg.timm_proj_bias preprocess_cfg.fill_color preprocess_cfg.size",
    "model_cfg.vision_cfg.act_kwargs model_cfg.vision_cfg.attentional_pool model_cfg.vision_cfg.final_ln_after_pool model_cfg.vision_cfg.ls_init_value model_cfg.vision_cfg.no_ln_pre model_cfg.vision_cfg.norm_kwargs model_cfg.vision_cfg.pool_type model_cfg.vision_cfg.pos_embed_type model_cfg.vision_cfg.timm_model_name preprocess_cfg.interpolation preprocess_cfg.mode preprocess_cfg.resize_mode",
  ],
];

describe.each(families)("%s, as each version writes it", (kind, ignored, refused) => {
  const written = writtenAs(kind);
  const uses = written.map((config) => keyUses(read, config));
  const all = (which: "ignored" | "refused"): string[] => [...new Set(own(uses.flatMap((each) => each[which])))].sort();

  test("is read, and is what the class says", () => {
    expect(written.length).toBeGreaterThan(0);
    for (const config of written) expect(() => read(config)).not.toThrow();
  });

  test("changes what is read with every key but these", () => {
    expect(all("ignored")).toEqual(texts(ignored));
    expect(all("refused")).toEqual(texts(refused));
  });

  test("is refused for a key that nobody has heard of", () => {
    // In each part too.
    for (const config of written) {
      for (const [part, content] of Object.entries(config)) {
        if (!/^(vision_config|perceiver_config|attn_config|rope_parameters|pretrained_cfg|model_cfg|preprocess_cfg)$/.test(part)) continue;
        const message = new RegExp(`unknown key "${part}\\.attn_logit_softcap"; it is not known here, and might change`);
        expect(() => read({ ...config, [part]: { ...(content as Config), attn_logit_softcap: 30 } })).toThrow(message);
      }
    }
    for (const config of written)
      expect(() => read({ ...config, attn_logit_softcap: 30 })).toThrow(/unknown key "attn_logit_softcap"; it is not known here, and might change/);
  });
});

test("of what all configs share, only these may not be said otherwise", () => {
  const llama = keyUses(read, Object.assign({}, ...writtenAs("LlamaConfig")) as Config, { quantization_config: null, is_causal: true });
  expect([...llama.refused].filter((key) => shared.has(key) || /^(quantization_config|is_causal)$/.test(key)).sort()).toEqual(
    texts("add_cross_attention is_causal is_encoder_decoder pruned_heads quantization_config"),
  );
  expect(shared.size).toBeGreaterThan(50);
});

/** Keys that only some files have, with the value at which they change nothing. */
const further: readonly (readonly [kind: string, keys: Config, ignored: string])[] = [
  [
    "LlamaConfig",
    {
      sliding_window: 4096,
      layer_types: ["full_attention"],
      partial_rotary_factor: 1,
      rope_interleaved: false,
      is_llama_config: true,
      max_sequence_length: 2048,
    },
    "sliding_window is_llama_config max_sequence_length",
  ],
  [
    "MptConfig",
    {
      norm_eps: 1e-5,
      attention_bias: false,
      final_logit_softcapping: null,
      block_overrides: null,
      head_dim: null,
      init_config: {},
      fc_type: "torch",
      ffn_config: { ffn_type: "mptmlp", fc_type: {} },
      use_pad_tok_in_ffn: true,
    },
    "init_config fc_type ffn_config.fc_type use_pad_tok_in_ffn",
  ],
  ["GPT2Config", { n_ctx: 1024, task_specific_params: {}, output_past: true }, "n_ctx task_specific_params output_past"],
  ["OPTConfig", { activation_dropout: 0, prefix: "</s>" }, "activation_dropout prefix"],
  [
    "CLIPConfig",
    {
      text_config_dict: null,
      vision_config_dict: {
        patch_size: 32,
        num_channels: 3,
        hidden_size: 768,
        intermediate_size: 3072,
        num_hidden_layers: 12,
        image_size: 224,
        hidden_act: "quick_gelu",
      },
    },
    "text_config_dict",
  ],
  [
    "IdeficsConfig",
    { cross_layer_activation_function: "swiglu", ffn_dim: 64, word_embed_proj_dim: 16, max_new_tokens: 128, vision_model_name: "x" },
    "ffn_dim word_embed_proj_dim max_new_tokens vision_model_name",
  ],
  ["timm", { model_args: { num_classes: 0, in_chans: 3 }, global_pool: "avg" }, "global_pool model_args.num_classes"],
];

test.each(further)("%s with keys that other files have", (kind, keys, ignored) => {
  const uses = keyUses(read, writtenAs(kind)[0]!, keys);
  expect([...uses.ignored].filter((path) => path.split(".")[0]! in keys).sort()).toEqual(texts(ignored));
});

test("every part of MPT's attention that llm-foundry knows", () => {
  const attention = {
    ...{
      alibi: true,
      alibi_bias_max: 8,
      attn_impl: "flash",
      attn_pdrop: 0,
      attn_type: "multihead_attention",
      attn_uses_sequence_id: false,
      clip_qkv: null,
      qk_ln: false,
      softmax_scale: null,
    },
    ...{
      qk_gn: false,
      fused_qkv: true,
      sliding_window_size: -1,
      attn_logit_softcapping: null,
      rope: false,
      nope: false,
      rope_theta: 10_000,
      rope_impl: "dail",
      kv_dim: null,
      prefix_lm: false,
    },
    ...{
      rope_dail_config: { type: "original" },
      rope_hf_config: { type: "no_scaling", factor: 1 },
      attn_temperature_tuning: { attn_scale: 0, floor_scale: 8192 },
    },
  };
  const { used, ignored, refused, unnamed } = keyUses(read, { ...writtenAs("MptConfig")[0]!, attn_config: attention });
  const of = (paths: readonly string[]): string[] =>
    paths.flatMap((path) => (path.startsWith("attn_config.") ? [path.slice("attn_config.".length)] : [])).sort();
  expect(of(used)).toEqual(["alibi_bias_max", "qk_ln"]);
  expect(of(ignored)).toEqual(
    texts(
      "attn_impl attn_pdrop attn_uses_sequence_id rope_theta rope_impl rope_dail_config.type rope_hf_config.type rope_hf_config.factor attn_temperature_tuning.floor_scale",
    ),
  );
  expect(of(refused)).toEqual(
    texts(
      "alibi attn_type clip_qkv softmax_scale qk_gn fused_qkv sliding_window_size attn_logit_softcapping rope nope kv_dim prefix_lm attn_temperature_tuning.attn_scale",
    ),
  );
  expect(of(unnamed)).toEqual([]);
});

test.each(released)("is read as released: %s", (_, json) => {
  expect(() => read(json)).not.toThrow();
});

test.each(releasedLanguage)("is read as released: %s", (_, json, expected) => {
  expect(publishedLanguageConfig(json, "x").config).toMatchObject(expected);
});

describe("how far positions turn", () => {
  const llama = { model_type: "llama", vocab_size: 48, hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 32 };
  const neox = { ...llama, model_type: "gpt_neox" };
  const positions = (json: unknown): unknown => publishedLanguageConfig(json, "x").config.positions;

  test.each([
    ["version 5", { rope_parameters: { rope_type: "default", rope_theta: 500 } }],
    ["version 4", { rope_theta: 500, rope_scaling: null }],
    ["both, which agree", { rope_theta: 500, rope_parameters: { rope_theta: 500 } }],
    ["version 5, under the old name", { rope_scaling: { type: "default", rope_theta: 500 } }],
  ])("is read as %s says it", (_, keys) => {
    expect(positions({ ...llama, ...keys })).toMatchObject({ base: 500, share: 1 });
    expect(positions({ ...llama, model_type: "mistral", num_key_value_heads: 2, ...keys })).toMatchObject({ base: 500, share: 1 });
  });

  test("has the reference's defaults where nothing is said", () => {
    expect(positions(llama)).toMatchObject({ base: 10_000, share: 1 });
    expect(positions({ ...neox, hidden_size: 32 })).toMatchObject({ base: 10_000, share: 0.25 });
    expect(positions({ ...neox, hidden_size: 32, rope_parameters: { rope_theta: 500 } })).toMatchObject({ base: 500, share: 0.25 });
    expect(positions({ ...neox, rope_parameters: { rope_type: "default", rope_theta: 500, partial_rotary_factor: 1 } })).toMatchObject({ base: 500, share: 1 });
    expect(positions({ ...neox, rotary_emb_base: 500, rotary_pct: 1, rope_theta: 500, partial_rotary_factor: 1 })).toMatchObject({ base: 500, share: 1 });
  });

  test.each([
    [
      "two bases",
      { ...llama, rope_theta: 10_000, rope_parameters: { rope_theta: 500 } },
      /"rope_theta": rope_parameters\.rope_theta says 500, and versions of transformers differ.*found 10000/,
    ],
    [
      "two shares",
      { ...neox, rotary_pct: 0.5, rope_parameters: { partial_rotary_factor: 1 } },
      /"rotary_pct": rope_parameters\.partial_rotary_factor says 1.*found 0\.5/,
    ],
    ["a base where no version looks", { ...neox, hidden_size: 32, rope_theta: 500 }, /"rope_theta": the default says 10000.*found 500/],
    ["another kind", { ...llama, rope_parameters: { rope_type: "dynamic", rope_theta: 500, factor: 8 } }, /"rope_parameters\.rope_type".*"dynamic"/s],
    ["another kind, in version 4", { ...llama, rope_scaling: { type: "dynamic", factor: 2 } }, /"rope_scaling\.type".*"dynamic"/s],
    ["a factor alone", { ...llama, rope_parameters: { rope_theta: 500, factor: 4 } }, /"rope_parameters\.factor": only 1 or null is possible here/],
    [
      "a part of each head",
      { ...llama, rope_parameters: { rope_theta: 500, partial_rotary_factor: 0.5 } },
      /"rope_parameters\.partial_rotary_factor": only 1 or null/,
    ],
    [
      "two kinds",
      { ...llama, rope_parameters: { rope_type: "default" }, rope_scaling: { rope_type: "linear", factor: 2 } },
      /"rope_scaling": rope_parameters says "default".*found "linear"/,
    ],
    ["kinds by layer", { ...llama, rope_parameters: { full_attention: { rope_theta: 500 } } }, /unknown key "rope_parameters\.full_attention"/],
    ["layers of other kinds", { ...llama, layer_types: ["full_attention", "sliding_attention"] }, /"layer_types\.1".*"sliding_attention"/s],
  ])("is refused for %s", (_, json, message) => {
    expect(() => publishedLanguageConfig(json, "x")).toThrow(ConfigError);
    expect(() => publishedLanguageConfig(json, "x")).toThrow(message);
  });

  test("is read of IDEFICS's language model too", () => {
    const json = { ...writtenAs("IdeficsConfig")[0]!, rope_parameters: { rope_type: "default", rope_theta: 500 } };
    expect(ideficsConfig(json, "x").language.positions).toMatchObject({ base: 500 });
    expect(() => ideficsConfig({ ...json, rope_scaling: { rope_type: "yarn" } }, "x")).toThrow(/"rope_scaling\.rope_type"/);
    expect(() => ideficsConfig({ ...json, attention_bias: true }, "x")).toThrow(/unknown key "attention_bias"/);
  });
});

describe("options of towers that are computed", () => {
  const openClip = (vision: Config, more: Config = {}): unknown => ({ model_cfg: { vision_cfg: { patch_size: 16, ...vision }, ...more } });

  test("open_clip's norms and GELU", () => {
    expect(publishedVision(openClip({ norm_kwargs: { eps: 1e-6 }, act_kwargs: { approximate: "tanh" } }), "x").config).toMatchObject({
      normEpsilon: 1e-6,
      activation: "geluTanh",
    });
    expect(publishedVision(openClip({ norm_kwargs: {}, act_kwargs: { approximate: "none" } }), "x").config).toMatchObject({
      normEpsilon: 1e-5,
      activation: "gelu",
    });
    expect(() => publishedVision(openClip({ norm_kwargs: { elementwise_affine: false } }), "x")).toThrow(
      /unknown key "model_cfg\.vision_cfg\.norm_kwargs\.elementwise_affine"/,
    );
    expect(() => publishedVision(openClip({ act_kwargs: { approximate: "tanh" } }, { quick_gelu: true }), "x")).toThrow(/belongs to GELU/);
    expect(() => publishedVision(openClip({ ls_init_value: 1e-4 }), "x")).toThrow(/"model_cfg\.vision_cfg\.ls_init_value": only null is possible here/);
  });

  test("one mean for all channels, and the family's where none is said", () => {
    const json = openClip({}) as Config;
    expect(publishedVision({ ...json, preprocess_cfg: { mean: 0.5, std: [0.1, 0.2, 0.3] } }, "x").pixels).toEqual({
      mean: [0.5, 0.5, 0.5],
      deviation: [0.1, 0.2, 0.3],
      fit: "crop",
    });
    expect(publishedVision({ ...json, preprocess_cfg: { mean: null, std: null } }, "x").pixels).toEqual(publishedVision(json, "x").pixels);
  });

  test("the second part of old CLIP files counts, with its defaults", () => {
    const json = { model_type: "clip", vision_config: { patch_size: 16, hidden_size: 512, num_attention_heads: 8 }, vision_config_dict: { patch_size: 14 } };
    expect(publishedVision(json, "x").config).toMatchObject({ patchSize: 14, width: 768, heads: 12 });
  });

  test("NFNets are square, and their arguments are known", () => {
    expect(() => publishedVision({ architecture: "dm_nfnet_f0", pretrained_cfg: { input_size: [3, 192, 256] } }, "x")).toThrow(
      /"pretrained_cfg\.input_size": must be square/,
    );
    expect(() => publishedVision({ architecture: "dm_nfnet_f0", model_args: { act_layer: "relu" } }, "x")).toThrow(/unknown key "model_args\.act_layer"/);
  });
});
