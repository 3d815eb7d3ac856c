/**
 * What a GGUF file of llama.cpp says beside its tensors: the keys that llama.cpp and the converters of its `gguf` package know (0.19), by what they change here.
 * Of keys that llama.cpp reads for other architectures only, a file must not make use either: some other program wrote them there for a reason.
 */
import type * as z from "zod";
import { parseConfig } from "../../../model/strict-config.ts";
import { CheckpointError } from "../../errors.ts";
import type { WeightFile } from "../../weight-file.ts";
import { keys, publishedObject } from "../published-object.ts";
import type { GgufArchitecture } from "./architecture.ts";
import { architectures } from "./architectures.ts";
import { type GgufMetadata, readEverywhere, readWhereNamed } from "./keys.ts";

/** Of the tensors, of the vocabulary (`tokenizer.ts`), and notes of who made the file. */
const elsewhere = /^(tokenizer|split|quantize|mradermacher)\.|^general\.(?!(architecture|type)$)/;

/** What the others are where they change nothing. 0 stands for a scale that is not there. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  ...each([0], "attention.clamp_kqv attention.max_alibi_bias attention.scale attn_logit_softcapping final_logit_softcapping"),
  ...each([0], "rope.scaling.alpha rope.scaling.yarn_log_multiplier expert_count expert_used_count expert_shared_count leading_dense_block_count"),
  ...each([0, 1], "logit_scale residual_scale embedding_scale"),
  "rope.scaling.attn_factor": [1],
  tensor_data_layout: ["Meta AI original pth"],
  use_parallel_residual: [false],
  "attention.causal": [true],
};
const activations = { swiGlu: ["silu"], geGlu: ["gelu", "gelu_pytorch_tanh"] } as const;
/** Rows of the embedding count; what is pooled is not the next token's scores. */
const nothing = keys("vocab_size pooling_type rope.scaling.finetuned");

function schemaOf(name: string, architecture: GgufArchitecture): z.ZodType<GgufMetadata> {
  const { reads = [], window, activation } = architecture;
  const read = { ...readEverywhere, ...pick(readWhereNamed, [...reads, ...(window === "left aside" ? ["attention.sliding_window"] : [])]) };
  const only = {
    ...Object.fromEntries(Object.entries(neutral).filter(([key]) => !reads.includes(key))),
    ...(window === "refused" ? { "attention.sliding_window": [0] } : {}),
    hidden_activation: activations[activation],
  };
  const under = <Value>(table: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(table).map(([key, value]) => [`${name}.${key}`, value]));
  const known = publishedObject({
    read: under<z.ZodType>(read),
    nothing: ["general.architecture", ...nothing.map((key) => `${name}.${key}`)],
    only: { "general.type": ["model"], ...under<readonly unknown[]>(only) },
  });
  const prefix = name.length + 1;
  const below = (found: Readonly<Record<string, unknown>>): GgufMetadata =>
    Object.fromEntries(Object.entries(found).map(([key, value]) => [key.slice(prefix), value])) as unknown as GgufMetadata;
  return known
    .superRefine((found, context) =>
      check(below(found), architecture, (key, message) => context.addIssue({ code: "custom", path: [`${name}.${key}`], message })),
    )
    .transform(below);
}

function check(metadata: GgufMetadata, { scalings, partial = false }: GgufArchitecture, issue: (key: keyof GgufMetadata, message: string) => void): void {
  const headDim = metadata["attention.key_length"] ?? metadata.embedding_length / metadata["attention.head_count"];
  for (const key of ["attention.value_length", "rope.dimension_count"] as const) {
    const found = metadata[key] ?? headDim;
    if (found === headDim || (partial && key === "rope.dimension_count" && found < headDim)) continue;
    issue(key, `heads have ${headDim} channels${key === "attention.value_length" ? "" : ", and in this architecture all of them turn"}; found ${found}`);
  }
  const type = metadata["rope.scaling.type"];
  if (!(scalings as readonly string[]).includes(type)) {
    issue(
      "rope.scaling.type",
      `must be ${scalings.join(" or ")}: other scalings of positions are not computed in this architecture; found ${JSON.stringify(type)}`,
    );
    return;
  }
  const extrapolated = metadata["rope.scaling.yarn_ext_factor"] ?? -1;
  const usual = type === "yarn" ? [-1, 1] : [-1, 0];
  if (!usual.includes(extrapolated)) issue("rope.scaling.yarn_ext_factor", `only ${usual.join(" or ")} is possible here; found ${extrapolated}`);
  const grown = metadata["rope.scaling.yarn_attn_factor"];
  if (grown !== undefined && (type === "yarn" || grown !== 1))
    issue("rope.scaling.yarn_attn_factor", `authors' code multiplies scores by it, llama.cpp leaves it out: which is meant is not clear; found ${grown}`);
  if (type === "longrope" && factorOf(metadata) !== 1)
    issue("rope.scaling.factor", `only 1 is possible with positions of the kind "longrope"; found ${factorOf(metadata)}`);
}

/** What positions are divided by. 0 stands for a factor that is not there. */
export function factorOf({ "rope.scaling.type": type, "rope.scaling.factor": now, "rope.scale_linear": before }: GgufMetadata): number {
  return type === "none" ? 1 : (now ?? before ?? 1) || 1;
}

function each(values: readonly unknown[], names: string): Record<string, readonly unknown[]> {
  return Object.fromEntries(keys(names).map((name) => [name, values]));
}

function pick(table: Readonly<Record<string, z.ZodType>>, names: readonly string[]): Record<string, z.ZodType> {
  return Object.fromEntries(names.map((name) => [name, table[name]!]));
}

/**
 * @param name - what errors call the file
 * @throws CheckpointError when it is of another architecture; ConfigError when a number is missing, a key is not known, or an option is one that we do not compute
 */
export function ggufMetadata(
  { metadata }: Pick<WeightFile, "metadata">,
  name: string,
): { readonly architecture: GgufArchitecture; readonly found: GgufMetadata } {
  const called = metadata["general.architecture"];
  const architecture = typeof called === "string" && Object.hasOwn(architectures, called) ? architectures[called] : undefined;
  if (typeof called !== "string" || architecture === undefined)
    throw new CheckpointError(
      `${name}: GGUF models of the architecture ${JSON.stringify(called)} are not supported; supported are ${Object.keys(architectures).join(", ")}`,
    );
  const found = parseConfig(schemaOf(called, architecture), Object.fromEntries(Object.entries(metadata).filter(([key]) => !elsewhere.test(key))), name);
  return { architecture, found };
}
