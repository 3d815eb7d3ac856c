/** The keys of a GGUF file's metadata that are read here. */
import * as z from "zod";

const count = z.number().int().positive();
const factor = z.number();

/** Keys below the architecture's name. */
export const readEverywhere = {
  context_length: count,
  embedding_length: count,
  block_count: count,
  feed_forward_length: count,
  "attention.head_count": count,
  "attention.head_count_kv": count.optional(),
  "attention.key_length": count.optional(),
  "attention.value_length": count.optional(),
  "attention.layer_norm_rms_epsilon": z.number().positive(),
  "rope.freq_base": z.number().positive().default(10_000),
  "rope.dimension_count": count.optional(),
  // Where it is left out, a factor means "linear".
  "rope.scaling.type": z.string().default("linear"),
  "rope.scaling.factor": factor.optional(),
  "rope.scale_linear": factor.optional(),
  "rope.scaling.original_context_length": count.optional(),
  "rope.scaling.yarn_beta_fast": z.number().positive().optional(),
  "rope.scaling.yarn_beta_slow": z.number().positive().optional(),
  "rope.scaling.yarn_attn_factor": factor.optional(),
  "rope.scaling.yarn_ext_factor": factor.optional(),
};
/** Those that an architecture must name to have them read. */
export const readWhereNamed = {
  "attention.sliding_window": z.number().int().nonnegative().optional(),
  "attention.sliding_window_pattern": z.union([count, z.array(z.boolean())]).optional(),
  attn_logit_softcapping: z.number().nonnegative().optional(),
  final_logit_softcapping: z.number().nonnegative().optional(),
  "rope.freq_base_swa": z.number().positive().optional(),
  "rope.scaling.attn_factor": z.number().positive().optional(),
};
const shape = { ...readEverywhere, ...readWhereNamed };
export type GgufMetadata = z.output<z.ZodObject<typeof shape>>;
