/** MPT, as transformers and as MosaicML's llm-foundry write it, and its predecessor, MosaicGPT. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { keys, publishedObject } from "../published-object.ts";
import { count, type LanguageFamily } from "./family.ts";

const noBias = { attention: false, feedForward: false, norm: false };

/** What both call alike. */
const sizeKeys = { vocab_size: count, d_model: count, n_layers: count, n_heads: count, max_seq_len: count.default(2048) } as const;

function sizes(
  published: z.output<z.ZodObject<typeof sizeKeys>>,
  ratio: number,
): Pick<LanguageConfigInput, "vocabulary" | "width" | "blocks" | "heads" | "hidden" | "maxTokens"> {
  const { vocab_size: vocabulary, d_model: width, n_layers: blocks, n_heads: heads, max_seq_len: maxTokens } = published;
  return { vocabulary, width, blocks, heads, hidden: ratio * width, maxTokens };
}

/** What changes nothing in either. */
const nothing = keys(
  // Ignored where positions are biases of the scores, as they must be here.
  "learned_pos_emb",
  // How weights began.
  "init_config init_device param_init_fn init_div_is_residual emb_init_std emb_init_uniform_lim init_gain fan_mode init_nonlinearity",
  // How it is run. A norm of low precision is the same norm; padding has no part in a text here.
  "verbose name loss_fn low_precision_layernorm use_pad_tok_in_ffn",
);
/** Sequences of one row are told apart, of which there is one here. */
const attentionNothing = keys("attn_impl attn_uses_sequence_id");

/** transformers writes only what differs from its defaults, or all of them. */
const attention = pretrainedConfig({
  read: {
    alibi: z.literal(true).default(true),
    alibi_bias_max: z.number().positive().default(8),
    qk_ln: z.boolean().default(false),
    attn_temperature_tuning: publishedObject({ read: {}, nothing: ["floor_scale"], only: { attn_scale: [0] } }).nullish(),
  },
  nothing: [...attentionNothing, ...keys("seq_parallel_world_size tie_word_embeddings"), ...keys("rope_theta rope_impl rope_dail_config rope_hf_config")],
  only: {
    attn_type: ["multihead_attention"],
    clip_qkv: [null],
    softmax_scale: [null],
    prefix_lm: [false],
    qk_gn: [false],
    fused_qkv: [true],
    rope: [false],
    nope: [false],
    sliding_window_size: [-1],
    attn_logit_softcapping: [null],
    kv_n_heads: [null],
    kv_dim: [null],
  },
});

const feedForward = publishedObject({ read: {}, nothing: ["fc_type"], only: { ffn_type: ["mptmlp"] } });

const mpt = pretrainedConfig({
  read: {
    ...sizeKeys,
    expansion_ratio: count.default(4),
    layer_norm_epsilon: z.number().positive().default(1e-5),
    no_bias: z.literal(true),
    attn_config: attention.nullish().transform((given) => given ?? attention.parse({})),
    ffn_config: feedForward.nullish(),
  },
  nothing: [...nothing, "fc_type"],
  only: {
    logit_scale: [null, 1],
    norm_type: ["low_precision_layernorm", "layernorm"],
    norm_eps: [1e-5],
    embedding_fraction: [1],
    tie_word_embeddings: [true],
    attention_bias: [false, null],
    final_logit_softcapping: [null],
    block_overrides: [null],
    head_dim: [null],
    prefix_lm: [false],
  },
}).transform(
  (published): LanguageConfigInput => ({
    ...sizes(published, published.expansion_ratio),
    positions: { kind: "alibi", maxBias: published.attn_config.alibi_bias_max },
    normEpsilon: published.layer_norm_epsilon,
    queryKeyNorm: published.attn_config.qk_ln ? "all" : "none",
    bias: noBias,
  }),
);

/** MPT's predecessor, of which mpt-1b-redpajama-200b is one: the options of its attention are not in a part of their own. */
const mosaic = pretrainedConfig({
  read: {
    ...sizeKeys,
    mlp_ratio: count.default(4),
    no_bias: z.literal(true),
    alibi: z.literal(true),
    alibi_bias_max: z.number().positive().default(8),
    attn_qk_ln: z.boolean().default(false),
  },
  nothing: [...nothing, ...attentionNothing],
  only: {
    attn_clip_qkv: [null],
    softmax_scale: [null],
    logit_scale: [null, 1],
    prefix_lm: [false],
    embedding_fraction: [1],
    tie_word_embeddings: [true],
  },
}).transform(
  (published): LanguageConfigInput => ({
    ...sizes(published, published.mlp_ratio),
    positions: { kind: "alibi", maxBias: published.alibi_bias_max },
    queryKeyNorm: published.attn_qk_ln ? "all" : "none",
    bias: noBias,
  }),
);

const names = {
  base: "transformer.",
  embedding: "wte",
  head: "lm_head",
  block: (i: number) => `blocks.${i}`,
  joined: { name: "attn.Wqkv", by: "rows" },
} as const;
const attentionLayers = { "attention.output": "attn.out_proj", "attention.queryNorm": "attn.q_ln", "attention.keyNorm": "attn.k_ln" } as const;

export const mptFamily: LanguageFamily = {
  name: "mpt",
  ...names,
  configs: { mpt },
  norm: "norm_f",
  layers: { ...attentionLayers, attentionNorm: "norm_1", feedForwardNorm: "norm_2", "feedForward.up": "ffn.up_proj", "feedForward.down": "ffn.down_proj" },
};

export const mosaicFamily: LanguageFamily = {
  name: "mosaic",
  ...names,
  configs: { mosaic_gpt: mosaic },
  norm: "ln_f",
  layers: { ...attentionLayers, attentionNorm: "ln_1", feedForwardNorm: "ln_2", "feedForward.up": "mlp.mlp_up", "feedForward.down": "mlp.mlp_down" },
};
