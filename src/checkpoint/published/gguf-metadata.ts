/**
 * What a GGUF file of llama.cpp's `llama` architecture says beside its tensors: the keys that llama.cpp and the converters of its `gguf` package know (0.19), by what they change here.
 * Of keys that llama.cpp reads for other architectures only, a file must not make use either: some other program wrote them there for a reason.
 */
import { z } from "zod";
import { parseConfig } from "../../model/strict-config.ts";
import { CheckpointError } from "../errors.ts";
import type { WeightFile } from "../weight-file.ts";
import { keys, publishedObject } from "./published-object.ts";

const count = z.number().int().positive();

/** Of the tensors, of the vocabulary (`gguf-tokenizer.ts`), and notes of who made the file. */
const elsewhere = /^(tokenizer|split|quantize|mradermacher)\.|^general\.(?!(architecture|type)$)/;

const scalings = ["none", "linear"] as const;

const llama = publishedObject({
  read: {
    "llama.context_length": count,
    "llama.embedding_length": count,
    "llama.block_count": count,
    "llama.feed_forward_length": count,
    "llama.attention.head_count": count,
    "llama.attention.head_count_kv": count.optional(),
    "llama.attention.key_length": count.optional(),
    "llama.attention.value_length": count.optional(),
    "llama.attention.layer_norm_rms_epsilon": z.number().positive(),
    "llama.attention.sliding_window": z.number().int().nonnegative().optional(),
    "llama.rope.freq_base": z.number().positive().default(10_000),
    "llama.rope.dimension_count": count.optional(),
    // Where it is left out, a factor means "linear".
    "llama.rope.scaling.type": z.enum(scalings, `must be ${scalings.join(" or ")}: rotary positions with scaling are not computed`).default("linear"),
    "llama.rope.scaling.factor": z.number().optional(),
    "llama.rope.scale_linear": z.number().optional(),
  },
  nothing: keys(
    "general.architecture",
    // Rows of the embedding count.
    "llama.vocab_size",
    "llama.pooling_type",
    // Of scaled positions, which are refused.
    "llama.rope.scaling.original_context_length llama.rope.scaling.finetuned llama.rope.scaling.yarn_beta_fast llama.rope.scaling.yarn_beta_slow",
  ),
  only: {
    "general.type": ["model"],
    "llama.tensor_data_layout": ["Meta AI original pth"],
    "llama.hidden_activation": ["silu"],
    "llama.use_parallel_residual": [false],
    "llama.attention.causal": [true],
    ...neutral(0, "attention.clamp_kqv attention.max_alibi_bias attention.scale attn_logit_softcapping final_logit_softcapping"),
    ...neutral(0, "rope.scaling.alpha rope.scaling.yarn_log_multiplier expert_count expert_used_count expert_shared_count leading_dense_block_count"),
    // 0 stands for a scale that is not there.
    ...neutral([0, 1], "logit_scale residual_scale embedding_scale"),
    ...neutral(1, "rope.scaling.attn_factor rope.scaling.yarn_attn_factor"),
    ...neutral([-1, 0], "rope.scaling.yarn_ext_factor"),
  },
}).superRefine((metadata, context) => {
  const issue = (key: string, message: string): void => context.addIssue({ code: "custom", path: [`llama.${key}`], message });
  const headDim = metadata["llama.attention.key_length"] ?? metadata["llama.embedding_length"] / metadata["llama.attention.head_count"];
  for (const key of ["attention.value_length", "rope.dimension_count"] as const) {
    const found = metadata[`llama.${key}`] ?? headDim;
    if (found !== headDim) issue(key, `heads have ${headDim} channels, and in this architecture all of them turn; found ${found}`);
  }
  if (metadata["llama.rope.scaling.type"] === "none") return;
  for (const key of ["rope.scaling.factor", "rope.scale_linear"] as const) {
    const factor = metadata[`llama.${key}`] ?? 1;
    // 0 stands for a factor that is not there.
    if (factor !== 0 && factor !== 1) issue(key, `rotary positions with scaling are not computed, only a factor of 1; found ${factor}`);
  }
});

function neutral(values: number | readonly number[], names: string): Record<string, readonly unknown[]> {
  return Object.fromEntries(keys(names).map((name) => [`llama.${name}`, [values].flat()]));
}

/**
 * @param name - what errors call the file
 * @throws CheckpointError when it is of another architecture; ConfigError when a number is missing, a key is not known, or an option is one that we do not compute
 */
export function ggufMetadata({ metadata }: Pick<WeightFile, "metadata">, name: string): z.output<typeof llama> {
  const architecture = metadata["general.architecture"];
  if (architecture !== "llama")
    throw new CheckpointError(`${name}: GGUF models of the architecture ${JSON.stringify(architecture)} are not supported; supported is llama`);
  return parseConfig(llama, Object.fromEntries(Object.entries(metadata).filter(([key]) => !elsewhere.test(key))), name);
}
