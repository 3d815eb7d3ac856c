/** LLaMA and Mistral, and what others have in common with them. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { frequencies } from "../computed-tensors.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { keys } from "../published-object.ts";
import { type RotaryParameters, rotary, rotaryKeys, type Spellings } from "../rotary-config.ts";
import { count, epsilon, type LanguageFamily, separate } from "./family.ts";

/** What LLaMA and its kin have in common, and the language model inside IDEFICS; but for their positions. */
export const llamaKeys = {
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  hidden_act: z.literal("silu").default("silu"),
  rms_norm_eps: epsilon.default(1e-6),
  max_position_embeddings: count.default(2048),
  tie_word_embeddings: z.boolean().default(false),
} as const;

/** And those of today. */
export const groupedKeys = { ...llamaKeys, ...rotaryKeys, num_key_value_heads: count.nullish(), head_dim: count.nullish() } as const;

const bias = z
  .boolean()
  .nullish()
  .transform((given) => given ?? false);
const biasKeys = { attention_bias: bias, mlp_bias: bias } as const;

/** What changes nothing in LLaMA and Mistral, and what must have the value with which it does. */
const llamaTables = {
  // The first slices products and adds their parts up: the same sums. The others are notes of whoever converted the weights.
  nothing: keys("pretraining_tp max_sequence_length is_llama_config"),
  only: { partial_rotary_factor: [1, null], rope_interleaved: [false, null] },
};

const llama = pretrainedConfig({
  read: {
    ...groupedKeys,
    ...biasKeys,
    /** LLaMA's own code does not look at it. Documents up to that length are the same with and without it; longer ones are refused. */
    sliding_window: count.nullish(),
    layer_types: z.array(z.literal("full_attention")).nullish(),
  },
  ...llamaTables,
}).transform((published, context): LanguageConfigInput => {
  const config = llamaConfig(published, context);
  return { ...config, maxTokens: Math.min(config.maxTokens!, published.sliding_window ?? Number.POSITIVE_INFINITY) };
});

/** The defaults of version 4 and 5 are those of the first release, which has grouped queries and a window. */
const mistral = pretrainedConfig({
  read: {
    ...groupedKeys,
    num_key_value_heads: count.nullish().default(8),
    sliding_window: count.nullish().default(4096),
    max_position_embeddings: count.default(131_072),
    layer_types: z.array(z.enum(["full_attention", "sliding_attention"])).nullish(),
  },
  ...llamaTables,
  only: { ...llamaTables.only, attention_bias: [false, null], mlp_bias: [false, null] },
}).transform((published, context): LanguageConfigInput => {
  // Mistral's own code gives all blocks the window, whatever their types are called.
  const { sliding_window: tokens } = published;
  return { ...llamaConfig(published, context), ...(tokens == null ? {} : { window: { tokens } }) };
});

type PublishedLlama = z.output<z.ZodObject<typeof llamaKeys>> &
  Partial<Pick<z.output<z.ZodObject<typeof groupedKeys>>, "num_key_value_heads" | "head_dim">> & {
    readonly rope_parameters?: RotaryParameters | null | undefined;
    readonly rope_scaling?: RotaryParameters | null | undefined;
    readonly attention_bias?: boolean;
    readonly mlp_bias?: boolean;
  };

/** The same by our names. @param base - spellings of the base of rotary positions */
export function llamaConfig(published: PublishedLlama, context: z.RefinementCtx, base?: Spellings): LanguageConfigInput {
  return {
    vocabulary: published.vocab_size,
    width: published.hidden_size,
    blocks: published.num_hidden_layers,
    heads: published.num_attention_heads,
    keyHeads: published.num_key_value_heads ?? published.num_attention_heads,
    ...(published.head_dim == null ? {} : { headDim: published.head_dim }),
    hidden: published.intermediate_size,
    ...rotary(published, context, base),
    norm: "rms",
    normEpsilon: published.rms_norm_eps,
    activation: "swiGlu",
    bias: { attention: published.attention_bias ?? false, feedForward: published.mlp_bias ?? false, norm: false },
    tiedEmbeddings: published.tie_word_embeddings,
  };
}

export const llamaFamily: LanguageFamily = {
  name: "llama",
  configs: { llama, mistral },
  base: "model.",
  embedding: "embed_tokens",
  head: "lm_head",
  norm: "norm",
  block: (i) => `layers.${i}`,
  layers: {
    attentionNorm: "input_layernorm",
    feedForwardNorm: "post_attention_layernorm",
    ...separate("self_attn", "o_proj"),
    "feedForward.gate": "mlp.gate_proj",
    "feedForward.up": "mlp.up_proj",
    "feedForward.down": "mlp.down_proj",
  },
  computed: (config) => [frequencies(/^layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/, config)],
};
