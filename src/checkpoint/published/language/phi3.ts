/** Phi-3 and its kin: LLaMA, with layers joined, positions that may turn a part of each head, and others for long documents. */
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { agreed, longRotaryKeys } from "../rotary-config.ts";
import { count, epsilon, type LanguageFamily } from "./family.ts";
import { groupedKeys, llamaConfig, llamaFamily } from "./llama.ts";

const { head_dim: _, ...read } = groupedKeys;
const phi3 = pretrainedConfig({
  read: {
    ...read,
    ...longRotaryKeys,
    rms_norm_eps: epsilon.default(1e-5),
    max_position_embeddings: count.default(4096),
    original_max_position_embeddings: count.default(4096),
    sliding_window: count.nullish(),
  },
  only: { attention_bias: [false, null] },
}).transform((published, context): LanguageConfigInput => {
  const config = llamaConfig(published, context);
  const share = agreed(
    published,
    { used: ["rope_parameters.partial_rotary_factor", "rope_scaling.partial_rotary_factor", "partial_rotary_factor"], otherwise: 1 },
    context,
  );
  const { sliding_window: tokens } = published;
  return { ...config, positions: { ...config.positions, share } as LanguageConfigInput["positions"], ...(tokens == null ? {} : { window: { tokens } }) };
});

export const phi3Family: LanguageFamily = {
  ...llamaFamily,
  name: "phi3",
  configs: { phi3 },
  joined: { name: "self_attn.qkv_proj", by: "rows" },
  gateAndUp: "mlp.gate_up_proj",
  layers: {
    attentionNorm: "input_layernorm",
    feedForwardNorm: "post_attention_layernorm",
    "attention.output": "self_attn.o_proj",
    "feedForward.down": "mlp.down_proj",
  },
};
