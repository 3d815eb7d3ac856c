/** GPT-NeoX, of which Pythia and RedPajama are. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { causalMask, frequencies, hiddenScore } from "../computed-tensors.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { agreed, partialRotaryKeys } from "../rotary-config.ts";
import { activation, count, epsilon, type LanguageFamily } from "./family.ts";

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

export const neoxFamily: LanguageFamily = {
  name: "neox",
  configs: { gpt_neox: neox },
  base: "gpt_neox.",
  embedding: "embed_in",
  head: "embed_out",
  norm: "final_layer_norm",
  block: (i) => `layers.${i}`,
  joined: { name: "attention.query_key_value", by: "heads" },
  layers: {
    attentionNorm: "input_layernorm",
    feedForwardNorm: "post_attention_layernorm",
    "attention.output": "attention.dense",
    "feedForward.up": "mlp.dense_h_to_4h",
    "feedForward.down": "mlp.dense_4h_to_h",
  },
  computed: (config) => [
    causalMask(/^layers\.\d+\.attention\.bias$/),
    hiddenScore(/^layers\.\d+\.attention\.masked_bias$/),
    frequencies(/^layers\.\d+\.attention\.rotary_emb\.inv_freq$/, config),
  ],
};
