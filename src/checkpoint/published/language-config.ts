/** A language model's `config.json`, as Hugging Face transformers 4 and 5 write it, becomes a config of ours. */
import { z } from "zod";
import { type LanguageConfig, type LanguageConfigInput, languageConfig } from "../../model/language/config.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { CheckpointError } from "../errors.ts";
import type { LanguageFamily } from "./language-weights.ts";
import { mosaic, mpt } from "./mpt-config.ts";
import { pretrainedConfig } from "./pretrained-config.ts";
import { keys } from "./published-object.ts";
import { agreed, partialRotaryKeys, ropeTheta, rotaryKeys } from "./rotary-config.ts";

const count = z.number().int().positive();
const epsilon = z.number().positive();

/** Published names of activations. */
const activation = z
  .enum(["gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "silu"])
  .transform(
    (name) => (({ gelu: "gelu", gelu_new: "geluTanh", gelu_fast: "geluTanh", gelu_pytorch_tanh: "geluTanh", relu: "relu", silu: "silu" }) as const)[name],
  );

const neox = pretrainedConfig({
  read: {
    vocab_size: count,
    hidden_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    intermediate_size: count,
    hidden_act: activation.default("gelu"),
    ...partialRotaryKeys,
    rotary_pct: z.number().positive().max(1).nullish(),
    rotary_emb_base: z.number().positive().nullish(),
    use_parallel_residual: z.boolean().default(true),
    layer_norm_eps: epsilon.default(1e-5),
    max_position_embeddings: count.default(2048),
    tie_word_embeddings: z.boolean().default(false),
  },
  // Which of the training's steps it is.
  nothing: ["num_steps"],
  only: { attention_bias: [true] },
}).transform(
  (published, context): LanguageConfigInput => ({
    vocabulary: published.vocab_size,
    width: published.hidden_size,
    blocks: published.num_hidden_layers,
    heads: published.num_attention_heads,
    hidden: published.intermediate_size,
    maxTokens: published.max_position_embeddings,
    positions: {
      kind: "rotary",
      base: agreed(
        published,
        { used: ["rope_parameters.rope_theta", "rope_scaling.rope_theta", "rotary_emb_base"], copies: ["rope_theta"], otherwise: 10_000 },
        context,
      ),
      share: agreed(
        published,
        {
          used: ["rope_parameters.partial_rotary_factor", "rope_scaling.partial_rotary_factor", "rotary_pct"],
          copies: ["partial_rotary_factor"],
          otherwise: 0.25,
        },
        context,
      ),
    },
    normEpsilon: published.layer_norm_eps,
    activation: published.hidden_act,
    residual: published.use_parallel_residual ? "parallel" : "sequential",
    tiedEmbeddings: published.tie_word_embeddings,
  }),
);

/** What LLaMA and its kin have in common, and the language model inside IDEFICS. */
export const llamaKeys = {
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  hidden_act: z.literal("silu").default("silu"),
  rms_norm_eps: epsilon.default(1e-6),
  ...rotaryKeys,
  max_position_embeddings: count.default(2048),
  tie_word_embeddings: z.boolean().default(false),
} as const;

const groupedKeys = {
  ...llamaKeys,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  /** How far back attention reaches: LLaMA's own code does not look at it. Documents up to that length are the same with and without it; longer ones are refused. */
  sliding_window: count.nullish(),
  layer_types: z.array(z.literal("full_attention")).nullish(),
} as const;

/** What changes nothing in LLaMA and Mistral, and what must have the value with which it does. */
const llamaTables = {
  // The first slices products and adds their parts up: the same sums. The others are notes of whoever converted the weights.
  nothing: keys("pretraining_tp max_sequence_length is_llama_config"),
  only: {
    attention_bias: [false, null],
    mlp_bias: [false, null],
    partial_rotary_factor: [1, null],
    rope_interleaved: [false, null],
  },
};

const llama = pretrainedConfig({ read: groupedKeys, ...llamaTables }).transform(llamaConfig);

/** The defaults of version 4 and 5 are those of the first release, which has grouped queries and a window. */
const mistral = pretrainedConfig({
  read: {
    ...groupedKeys,
    num_key_value_heads: count.nullish().default(8),
    sliding_window: count.nullish().default(4096),
    max_position_embeddings: count.default(131_072),
  },
  ...llamaTables,
}).transform(llamaConfig);

type PublishedLlama = z.output<z.ZodObject<typeof llamaKeys>> &
  Partial<Pick<z.output<z.ZodObject<typeof groupedKeys>>, "num_key_value_heads" | "head_dim" | "sliding_window">>;

/** The same by our names. */
export function llamaConfig(published: PublishedLlama, context: z.RefinementCtx): LanguageConfigInput {
  return {
    vocabulary: published.vocab_size,
    width: published.hidden_size,
    blocks: published.num_hidden_layers,
    heads: published.num_attention_heads,
    keyHeads: published.num_key_value_heads ?? published.num_attention_heads,
    ...(published.head_dim == null ? {} : { headDim: published.head_dim }),
    hidden: published.intermediate_size,
    maxTokens: Math.min(published.max_position_embeddings, published.sliding_window ?? Number.POSITIVE_INFINITY),
    positions: { kind: "rotary", base: agreed(published, ropeTheta, context) },
    norm: "rms",
    normEpsilon: published.rms_norm_eps,
    activation: "swiGlu",
    bias: { attention: false, feedForward: false, norm: false },
    tiedEmbeddings: published.tie_word_embeddings,
  };
}

const opt = pretrainedConfig({
  read: {
    vocab_size: count,
    hidden_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    ffn_dim: count,
    activation_function: activation.default("relu"),
    max_position_embeddings: count.default(2048),
    word_embed_proj_dim: count.nullish(),
    tie_word_embeddings: z.boolean().default(true),
  },
  only: { do_layer_norm_before: [true], enable_bias: [true], layer_norm_elementwise_affine: [true], _remove_final_layer_norm: [false] },
})
  .refine(({ word_embed_proj_dim: projected, hidden_size: width }) => projected == null || projected === width, {
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

const gpt2 = pretrainedConfig({
  read: {
    vocab_size: count,
    n_embd: count,
    n_layer: count,
    n_head: count,
    n_inner: count.nullish(),
    n_positions: count.default(1024),
    activation_function: activation.default("geluTanh"),
    layer_norm_epsilon: epsilon.default(1e-5),
    tie_word_embeddings: z.boolean().default(true),
  },
  nothing: keys(
    // The number of positions again, and what the first versions wrote.
    "n_ctx n_special predict_special_tokens",
    // Scores in another order and in float32 are the same scores.
    "reorder_and_upcast_attn",
    // A head for classification.
    "summary_activation summary_first_dropout summary_last_dropout summary_proj_to_labels summary_type summary_use_proj",
  ),
  only: { scale_attn_weights: [true], scale_attn_by_inverse_layer_idx: [false] },
}).transform(
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
  mistral: { family: "llama", schema: mistral },
  opt: { family: "opt", schema: opt },
  gpt2: { family: "gpt2", schema: gpt2 },
};

/**
 * @param published - the content of a `config.json`
 * @param name - what errors call it
 * @throws CheckpointError when the family is none of ours; ConfigError when a key is not known, or an option is one that we do not compute
 */
export function publishedLanguageConfig(published: unknown, name: string): { family: LanguageFamily; config: LanguageConfig } {
  const type = (published as { model_type?: unknown } | null)?.model_type;
  const reader = typeof type === "string" && Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (reader === undefined)
    throw new CheckpointError(`${name}: language models of type ${JSON.stringify(type)} are not supported; supported are ${Object.keys(readers).join(", ")}`);
  return { family: reader.family, config: parseConfig(languageConfig, parseConfig(reader.schema, published, name), name) };
}
