/** A language model's `config.json`, as Hugging Face transformers writes it, becomes a config of ours. */
import { z } from "zod";
import { type LanguageConfig, type LanguageConfigInput, languageConfig } from "../../model/language/config.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { CheckpointError } from "../errors.ts";
import type { LanguageFamily } from "./language-weights.ts";

const count = z.number().int().positive();
const noBias = { attention: false, feedForward: false, norm: false };

/** Published names of activations. */
const activation = z
  .enum(["gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "silu"])
  .transform(
    (name) => (({ gelu: "gelu", gelu_new: "geluTanh", gelu_fast: "geluTanh", gelu_pytorch_tanh: "geluTanh", relu: "relu", silu: "silu" }) as const)[name],
  );

/** Options that a family has and we do not compute: they must have the value with which they do nothing. */
const only = <const Value extends string | number | boolean | null>(...values: readonly Value[]): z.ZodOptional<z.ZodLiteral<Value>> =>
  z.literal(values).optional();

const mpt = z
  .object({
    vocab_size: count,
    d_model: count,
    n_layers: count,
    n_heads: count,
    expansion_ratio: count.default(4),
    max_seq_len: count.default(2048),
    layer_norm_epsilon: z.number().default(1e-5),
    no_bias: z.literal(true),
    learned_pos_emb: only(true, false),
    attn_config: z
      .object({
        // transformers writes only what differs from its defaults.
        alibi: z.literal(true).default(true),
        alibi_bias_max: z.number().default(8),
        qk_ln: z.boolean().default(false),
        clip_qkv: only(null),
        softmax_scale: only(null),
        attn_type: only("multihead_attention"),
      })
      .prefault({}),
  })
  .transform(
    (published): LanguageConfigInput => ({
      vocabulary: published.vocab_size,
      width: published.d_model,
      blocks: published.n_layers,
      heads: published.n_heads,
      hidden: published.expansion_ratio * published.d_model,
      maxTokens: published.max_seq_len,
      positions: { kind: "alibi", maxBias: published.attn_config.alibi_bias_max },
      normEpsilon: published.layer_norm_epsilon,
      queryKeyNorm: published.attn_config.qk_ln ? "all" : "none",
      bias: noBias,
    }),
  );

/** MPT's predecessor, of which mpt-1b-redpajama-200b is one: the options of its attention are not in a part of their own. */
const mosaic = z
  .object({
    vocab_size: count,
    d_model: count,
    n_layers: count,
    n_heads: count,
    mlp_ratio: count.default(4),
    max_seq_len: count.default(2048),
    no_bias: z.literal(true),
    alibi: z.literal(true),
    alibi_bias_max: z.number().default(8),
    attn_qk_ln: z.boolean().default(false),
    attn_clip_qkv: only(null),
    softmax_scale: only(null),
    logit_scale: only(null),
    prefix_lm: only(false),
    embedding_fraction: only(1),
  })
  .transform(
    (published): LanguageConfigInput => ({
      vocabulary: published.vocab_size,
      width: published.d_model,
      blocks: published.n_layers,
      heads: published.n_heads,
      hidden: published.mlp_ratio * published.d_model,
      maxTokens: published.max_seq_len,
      positions: { kind: "alibi", maxBias: published.alibi_bias_max },
      queryKeyNorm: published.attn_qk_ln ? "all" : "none",
      bias: noBias,
    }),
  );

const neox = z
  .object({
    vocab_size: count,
    hidden_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    intermediate_size: count,
    hidden_act: activation.default("gelu"),
    rotary_pct: z.number().default(0.25),
    rotary_emb_base: z.number().default(10_000),
    rope_scaling: only(null),
    use_parallel_residual: z.boolean().default(true),
    layer_norm_eps: z.number().default(1e-5),
    max_position_embeddings: count.default(2048),
    tie_word_embeddings: z.boolean().default(false),
    attention_bias: only(true),
  })
  .transform(
    (published): LanguageConfigInput => ({
      vocabulary: published.vocab_size,
      width: published.hidden_size,
      blocks: published.num_hidden_layers,
      heads: published.num_attention_heads,
      hidden: published.intermediate_size,
      maxTokens: published.max_position_embeddings,
      positions: { kind: "rotary", share: published.rotary_pct, base: published.rotary_emb_base },
      normEpsilon: published.layer_norm_eps,
      activation: published.hidden_act,
      residual: published.use_parallel_residual ? "parallel" : "sequential",
      tiedEmbeddings: published.tie_word_embeddings,
    }),
  );

const llama = z
  .object({
    vocab_size: count,
    hidden_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    num_key_value_heads: count.optional(),
    head_dim: count.nullish(),
    intermediate_size: count,
    hidden_act: z.literal("silu").default("silu"),
    rms_norm_eps: z.number().default(1e-6),
    rope_theta: z.number().default(10_000),
    rope_scaling: only(null),
    max_position_embeddings: count.default(2048),
    /** Mistral: how far back attention reaches. Documents up to that length are read exactly as published; longer ones are refused. */
    sliding_window: count.nullish(),
    tie_word_embeddings: z.boolean().default(false),
    attention_bias: only(false),
    mlp_bias: only(false),
  })
  .transform(
    (published): LanguageConfigInput => ({
      vocabulary: published.vocab_size,
      width: published.hidden_size,
      blocks: published.num_hidden_layers,
      heads: published.num_attention_heads,
      keyHeads: published.num_key_value_heads ?? published.num_attention_heads,
      ...(published.head_dim == null ? {} : { headDim: published.head_dim }),
      hidden: published.intermediate_size,
      maxTokens: Math.min(published.max_position_embeddings, published.sliding_window ?? Number.POSITIVE_INFINITY),
      positions: { kind: "rotary", base: published.rope_theta },
      norm: "rms",
      normEpsilon: published.rms_norm_eps,
      activation: "swiGlu",
      bias: noBias,
      tiedEmbeddings: published.tie_word_embeddings,
    }),
  );

const opt = z
  .object({
    vocab_size: count,
    hidden_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    ffn_dim: count,
    activation_function: activation.default("relu"),
    max_position_embeddings: count.default(2048),
    do_layer_norm_before: only(true),
    word_embed_proj_dim: count.optional(),
    enable_bias: only(true),
    layer_norm_elementwise_affine: only(true),
    _remove_final_layer_norm: only(false),
    tie_word_embeddings: z.boolean().default(true),
  })
  .refine(({ word_embed_proj_dim: projected, hidden_size: width }) => projected === undefined || projected === width, {
    path: ["word_embed_proj_dim"],
    message: "embeddings of another width than the blocks (OPT-350m) are not supported",
  })
  .transform(
    (published): LanguageConfigInput => ({
      vocabulary: published.vocab_size,
      width: published.hidden_size,
      blocks: published.num_hidden_layers,
      heads: published.num_attention_heads,
      hidden: published.ffn_dim,
      maxTokens: published.max_position_embeddings,
      positions: { kind: "learnt", offset: 2 },
      activation: published.activation_function,
      tiedEmbeddings: published.tie_word_embeddings,
    }),
  );

const gpt2 = z
  .object({
    vocab_size: count,
    n_embd: count,
    n_layer: count,
    n_head: count,
    n_inner: count.nullish(),
    n_positions: count.default(1024),
    activation_function: activation.default("geluTanh"),
    layer_norm_epsilon: z.number().default(1e-5),
    scale_attn_weights: only(true),
    scale_attn_by_inverse_layer_idx: only(false),
    tie_word_embeddings: z.boolean().default(true),
  })
  .transform(
    (published): LanguageConfigInput => ({
      vocabulary: published.vocab_size,
      width: published.n_embd,
      blocks: published.n_layer,
      heads: published.n_head,
      hidden: published.n_inner ?? 4 * published.n_embd,
      maxTokens: published.n_positions,
      positions: { kind: "learnt" },
      normEpsilon: published.layer_norm_epsilon,
      activation: published.activation_function,
      tiedEmbeddings: published.tie_word_embeddings,
    }),
  );

/** Published `model_type`s by family. */
const readers: Readonly<Record<string, { readonly family: LanguageFamily; readonly schema: z.ZodType<LanguageConfigInput> }>> = {
  mpt: { family: "mpt", schema: mpt },
  mosaic_gpt: { family: "mosaic", schema: mosaic },
  gpt_neox: { family: "neox", schema: neox },
  llama: { family: "llama", schema: llama },
  mistral: { family: "llama", schema: llama },
  opt: { family: "opt", schema: opt },
  gpt2: { family: "gpt2", schema: gpt2 },
};

/**
 * @param published - the content of a `config.json`
 * @param name - what errors call it
 * @throws CheckpointError when the family is none of ours; ConfigError when an option is one that we do not compute
 */
export function publishedLanguageConfig(published: unknown, name: string): { family: LanguageFamily; config: LanguageConfig } {
  const type = (published as { model_type?: unknown } | null)?.model_type;
  const reader = typeof type === "string" && Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (reader === undefined)
    throw new CheckpointError(`${name}: language models of type ${JSON.stringify(type)} are not supported; supported are ${Object.keys(readers).join(", ")}`);
  return { family: reader.family, config: languageConfig.parse(parseConfig(reader.schema, published, name)) };
}
