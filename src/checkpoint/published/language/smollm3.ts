/** SmolLM3: LLaMA, with blocks in which no position turns anything. */
import * as z from "zod";
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import { pretrainedConfig } from "../pretrained-config.ts";
import { ropeTheta } from "../rotary-config.ts";
import { count, type LanguageFamily, layerTypes, typesOf, windowOf } from "./family.ts";
import { groupedKeys, llamaConfig, llamaFamily } from "./llama.ts";

const { head_dim: _, ...read } = groupedKeys;
const smollm3 = pretrainedConfig({
  read: {
    ...read,
    max_position_embeddings: count.default(32_768),
    num_key_value_heads: count.nullish().default(4),
    tie_word_embeddings: z.boolean().default(true),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    use_sliding_window: z.boolean().default(false),
    sliding_window: count.nullish(),
    layer_types: layerTypes,
    /** Of each block whether positions turn it: 1, or 0. */
    no_rope_layers: z.array(z.literal([0, 1])).nullish(),
    no_rope_layer_interval: count.default(4),
  },
  // Of the classes that it was made from.
  nothing: ["pretraining_tp", "max_window_layers"],
}).transform((published, context): LanguageConfigInput => {
  const { num_hidden_layers: blocks, no_rope_layers: given, no_rope_layer_interval: every, use_sliding_window: uses, sliding_window: tokens } = published;
  const turned = given ?? Array.from({ length: blocks }, (_, i) => ((i + 1) % every === 0 ? 0 : 1));
  if (turned.length < blocks)
    context.addIssue({ code: "custom", path: ["no_rope_layers"], message: `must have an entry for each of ${blocks} blocks; found ${turned.length}` });
  const config = llamaConfig(published, context, ropeTheta(2_000_000));
  const unturned = turned.slice(0, blocks).flatMap((turns, i) => (turns === 0 ? [i] : []));
  const types = typesOf(published.layer_types, blocks, (block) => turned[block] === 0);
  return { ...config, ...(uses ? windowOf(types, tokens) : {}), positions: { ...config.positions, unturned } as LanguageConfigInput["positions"] };
});

export const smollm3Family: LanguageFamily = {
  ...llamaFamily,
  name: "smollm3",
  configs: { smollm3 },
};
