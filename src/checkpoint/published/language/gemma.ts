/** Gemma 2, and the text part of Gemma 3. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { publishedObject } from "../published-object.ts";
import { agreed, type RotaryParameters, rotary, rotaryKeys, rotaryObject, scalingOf } from "../rotary-config.ts";
import { count, epsilon, type LanguageFamily, layerTypes, typesOf, windowOf } from "./family.ts";
import { llamaFamily } from "./llama.ts";

const gemmaKeys = {
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.default(4),
  head_dim: count.default(256),
  intermediate_size: count,
  hidden_activation: z.literal("gelu_pytorch_tanh").default("gelu_pytorch_tanh"),
  rms_norm_eps: epsilon.default(1e-6),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: count.nullish().default(4096),
  layer_types: layerTypes,
} as const;

type PublishedGemma = z.output<z.ZodObject<typeof gemmaKeys>>;

/** What both have in common. @param every - one block in so many sees everything */
function gemmaConfig(published: PublishedGemma, every: number): Omit<LanguageConfigInput, "maxTokens" | "positions"> {
  return {
    vocabulary: published.vocab_size,
    width: published.hidden_size,
    blocks: published.num_hidden_layers,
    heads: published.num_attention_heads,
    keyHeads: published.num_key_value_heads,
    headDim: published.head_dim,
    hidden: published.intermediate_size,
    embeddingScale: Math.sqrt(published.hidden_size),
    ...windowOf(
      typesOf(published.layer_types, published.num_hidden_layers, (block) => (block + 1) % every !== 0),
      published.sliding_window,
    ),
    norm: "rms",
    normEpsilon: published.rms_norm_eps,
    normPlaces: "both",
    attentionScale: published.query_pre_attn_scalar ** -0.5,
    activation: "geGlu",
    bias: { attention: published.attention_bias, feedForward: false, norm: false },
    tiedEmbeddings: published.tie_word_embeddings,
  };
}

const cap = z.number().positive().nullish();
// The activation under its old name, which was not looked at; and of attention that also looks ahead.
const tables = { nothing: ["hidden_act", "cache_implementation"], only: { use_bidirectional_attention: [false, null] } };

const gemma2 = pretrainedConfig({
  read: {
    ...gemmaKeys,
    ...rotaryKeys,
    max_position_embeddings: count.default(8192),
    final_logit_softcapping: cap.default(30),
    attn_logit_softcapping: cap.default(50),
  },
  ...tables,
}).transform(
  (published, context): LanguageConfigInput => ({
    ...gemmaConfig(published, 2),
    ...rotary(published, context),
    ...(published.attn_logit_softcapping == null ? {} : { scoreCap: published.attn_logit_softcapping }),
    ...(published.final_logit_softcapping == null ? {} : { logitCap: published.final_logit_softcapping }),
  }),
);

const turned = rotaryObject(["default", "linear", "yarn", "llama3"]).nullish();
const perKind = publishedObject({ read: { full_attention: turned, sliding_attention: rotaryObject(["default"]).nullish() } });

const gemma3 = pretrainedConfig({
  read: {
    ...gemmaKeys,
    max_position_embeddings: count.default(131_072),
    final_logit_softcapping: cap,
    /** Version 5 has them by kind of block; before that they lay beside each other. */
    rope_parameters: perKind.nullish(),
    rope_scaling: turned,
    rope_theta: z.number().positive().nullish(),
    rope_local_base_freq: z.number().positive().nullish(),
    sliding_window_pattern: count.nullish(),
    _sliding_window_pattern: count.nullish(),
  },
  ...tables,
  // The reference reads it and does not use it.
  only: { ...tables.only, attn_logit_softcapping: [null] },
}).transform((published, context): LanguageConfigInput => {
  const { max_position_embeddings: maxTokens, final_logit_softcapping: logitCap, rope_parameters: now, rope_scaling: before } = published;
  const everywhere: RotaryParameters = now?.full_attention ?? before ?? {};
  const scaling = scalingOf(everywhere, everywhere.original_max_position_embeddings ?? maxTokens, maxTokens);
  const base = agreed(
    published,
    { used: ["rope_parameters.full_attention.rope_theta", "rope_scaling.rope_theta", "rope_theta"], otherwise: 1_000_000 },
    context,
  );
  const windowBase = agreed(published, { used: ["rope_parameters.sliding_attention.rope_theta", "rope_local_base_freq"], otherwise: 10_000 }, context);
  const config = gemmaConfig(published, published.sliding_window_pattern ?? published._sliding_window_pattern ?? 6);
  return {
    ...config,
    queryKeyNorm: "head",
    maxTokens,
    positions: { kind: "rotary", base, ...(scaling === undefined ? {} : { scaling }), ...(config.window === undefined ? {} : { windowBase }) },
    ...(logitCap == null ? {} : { logitCap }),
  };
});

export const gemmaFamily: LanguageFamily = {
  ...llamaFamily,
  name: "gemma",
  configs: { gemma2, gemma3_text: gemma3 },
  normOffset: 1,
  layers: {
    ...llamaFamily.layers,
    attentionOutputNorm: "post_attention_layernorm",
    feedForwardNorm: "pre_feedforward_layernorm",
    feedForwardOutputNorm: "post_feedforward_layernorm",
    "attention.queryNorm": "self_attn.q_norm",
    "attention.keyNorm": "self_attn.k_norm",
  },
};
