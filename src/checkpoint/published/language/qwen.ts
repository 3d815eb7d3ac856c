/** Qwen 2, 2.5 and 3, those without experts. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { count, type LanguageFamily, layerTypes, typesOf, windowOf } from "./family.ts";
import { groupedKeys, llamaConfig, llamaFamily } from "./llama.ts";

const qwenKeys = {
  ...groupedKeys,
  max_position_embeddings: count.default(32_768),
  num_key_value_heads: count.nullish().default(32),
  use_sliding_window: z.boolean().default(false),
  sliding_window: count.nullish().default(4096),
  /** Those before it see everything. */
  max_window_layers: z.number().int().nonnegative().default(28),
  layer_types: layerTypes,
} as const;

type Windowed = Pick<
  z.output<z.ZodObject<typeof qwenKeys>>,
  "use_sliding_window" | "sliding_window" | "max_window_layers" | "layer_types" | "num_hidden_layers"
>;

function windowKeys({ use_sliding_window: uses, sliding_window: tokens, max_window_layers: first, layer_types: types, num_hidden_layers: blocks }: Windowed) {
  return uses
    ? windowOf(
        typesOf(types, blocks, (block) => block >= first),
        tokens,
      )
    : {};
}

const { head_dim: _, ...withoutHeadDim } = qwenKeys;
const qwen2 = pretrainedConfig({ read: withoutHeadDim, only: { partial_rotary_factor: [1, null], use_mrope: [false] } }).transform(
  (published, context): LanguageConfigInput => ({
    ...llamaConfig(published, context),
    ...windowKeys(published),
    bias: { attention: "inputs", feedForward: false, norm: false },
  }),
);

const qwen3 = pretrainedConfig({ read: { ...qwenKeys, head_dim: count.default(128), attention_bias: z.boolean().default(false) } }).transform(
  (published, context): LanguageConfigInput => ({ ...llamaConfig(published, context), ...windowKeys(published), queryKeyNorm: "head" }),
);

export const qwenFamily: LanguageFamily = {
  ...llamaFamily,
  name: "qwen",
  configs: { qwen2, qwen3 },
  layers: { ...llamaFamily.layers, "attention.queryNorm": "self_attn.q_norm", "attention.keyNorm": "self_attn.k_norm" },
};
