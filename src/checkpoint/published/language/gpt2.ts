/** GPT-2. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { causalMask, hiddenScore } from "../computed-tensors.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { keys } from "../published-object.ts";
import { activation, count, epsilon, type LanguageFamily } from "./family.ts";

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

export const gpt2Family: LanguageFamily = {
  name: "gpt2",
  configs: { gpt2 },
  base: "transformer.",
  embedding: "wte",
  head: "lm_head",
  positions: "wpe",
  norm: "ln_f",
  block: (i) => `h.${i}`,
  joined: { name: "attn.c_attn", by: "rows" },
  layers: { attentionNorm: "ln_1", feedForwardNorm: "ln_2", "attention.output": "attn.c_proj", "feedForward.up": "mlp.c_fc", "feedForward.down": "mlp.c_proj" },
  transposed: true,
  computed: () => [causalMask(/^h\.\d+\.attn\.bias$/), hiddenScore(/^h\.\d+\.attn\.masked_bias$/)],
};
