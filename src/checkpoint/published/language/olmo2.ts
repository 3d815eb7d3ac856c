/** OLMo 2: norms of what layers give, and of all queries and keys. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { epsilon, type LanguageFamily } from "./family.ts";
import { groupedKeys, llamaConfig, llamaFamily } from "./llama.ts";

const { head_dim: _, ...read } = groupedKeys;
const olmo2 = pretrainedConfig({ read: { ...read, rms_norm_eps: epsilon.default(1e-5), attention_bias: z.boolean().default(false) } }).transform(
  (published, context): LanguageConfigInput => ({ ...llamaConfig(published, context), normPlaces: "outputs", queryKeyNorm: "all" }),
);

const { attentionNorm: __, feedForwardNorm: ___, ...layers } = llamaFamily.layers;
export const olmo2Family: LanguageFamily = {
  ...llamaFamily,
  name: "olmo2",
  configs: { olmo2 },
  layers: {
    ...layers,
    attentionOutputNorm: "post_attention_layernorm",
    feedForwardOutputNorm: "post_feedforward_layernorm",
    "attention.queryNorm": "self_attn.q_norm",
    "attention.keyNorm": "self_attn.k_norm",
  },
};
