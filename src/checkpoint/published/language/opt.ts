/** OPT. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { exactly } from "../weight-map.ts";
import { activation, count, type LanguageFamily, separate } from "./family.ts";

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
    // OPT-350m's norms stand after the sums, and none comes last.
    do_layer_norm_before: z.boolean().default(true),
    tie_word_embeddings: z.boolean().default(true),
  },
  only: { enable_bias: [true], layer_norm_elementwise_affine: [true], _remove_final_layer_norm: [false] },
}).transform(
  (published): LanguageConfigInput => ({
    vocabulary: published.vocab_size,
    width: published.hidden_size,
    blocks: published.num_hidden_layers,
    heads: published.num_attention_heads,
    hidden: published.ffn_dim,
    maxTokens: published.max_position_embeddings,
    positions: { kind: "learnt", offset: 2 },
    activation: published.activation_function,
    ...(published.word_embed_proj_dim == null ? {} : { embeddingWidth: published.word_embed_proj_dim }),
    ...(published.do_layer_norm_before ? {} : { normPlaces: "sums", finalNorm: false }),
    tiedEmbeddings: published.tie_word_embeddings,
  }),
);

export const optFamily: LanguageFamily = {
  name: "opt",
  configs: { opt },
  base: "model.",
  embedding: "decoder.embed_tokens",
  head: "lm_head",
  positions: "decoder.embed_positions",
  norm: "decoder.final_layer_norm",
  beside: { inward: "decoder.project_in", outward: "decoder.project_out" },
  block: (i) => `decoder.layers.${i}`,
  layers: {
    attentionNorm: "self_attn_layer_norm",
    feedForwardNorm: "final_layer_norm",
    attentionSumNorm: "self_attn_layer_norm",
    feedForwardSumNorm: "final_layer_norm",
    ...separate("self_attn", "out_proj"),
    "feedForward.up": "fc1",
    "feedForward.down": "fc2",
  },
  computed: () => [{ names: exactly("decoder.version"), what: "the version of fairseq's code", shaped: (shape) => shape.join() === "1" }],
};
