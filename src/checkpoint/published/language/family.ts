/** What a family of published language models is: its configs, and its names. */
import * as z from "zod";
import type { LanguageConfig, LanguageConfigInput } from "../../../model/language/config.ts";
import type { Harmless } from "../weight-map.ts";

/** How published tensors are called, and what is stored in another form than ours. */
export interface TensorNames {
  /** The base model's name, which begins the name of all of its weights but the head's; a base model that is saved alone leaves it out. */
  readonly base: string;
  readonly embedding: string;
  readonly head: string;
  readonly positions?: string;
  readonly norm: string;
  /** Name of block `i`, which everything below it begins with. */
  readonly block: (i: number) => string;
  /** Our layers below a block that a published layer holds as it is. */
  readonly layers: Readonly<Record<string, string>>;
  /** Our layers beside the blocks. */
  readonly beside?: Readonly<Record<string, string>>;
  /** The layer that holds queries, keys and values together, and how: below each other, or those of each head together. */
  readonly joined?: { readonly name: string; readonly by: "rows" | "heads" };
  /** The layer that holds the gate above what it gates. */
  readonly gateAndUp?: string;
  /** Whether matrices are kept `[inputs, outputs]`. */
  readonly transposed?: boolean;
  /** Added to the factors of norms: Gemma stores what they are more than 1. */
  readonly normOffset?: number;
  /** What older versions of transformers write besides. */
  readonly computed?: (config: LanguageConfig) => readonly Omit<Harmless, "prefix">[];
}

export interface LanguageFamily extends TensorNames {
  readonly name: string;
  /** Readers of `config.json`, by its `model_type`. */
  readonly configs: Readonly<Record<string, z.ZodType<LanguageConfigInput>>>;
}

export const count = z.number().int().positive();
export const epsilon = z.number().positive();

/** Published names of activations. */
export const activation = z
  .enum(["gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "silu"])
  .transform(
    (name) => (({ gelu: "gelu", gelu_new: "geluTanh", gelu_fast: "geluTanh", gelu_pytorch_tanh: "geluTanh", relu: "relu", silu: "silu" }) as const)[name],
  );

/** Projections of attention, each a layer. */
export function separate(prefix: string, output: string): Readonly<Record<string, string>> {
  return {
    "attention.query": `${prefix}.q_proj`,
    "attention.key": `${prefix}.k_proj`,
    "attention.value": `${prefix}.v_proj`,
    "attention.output": `${prefix}.${output}`,
  };
}

const windowed = "sliding_attention";

/** What blocks see, block by block, where a config says so. */
export const layerTypes = z.array(z.enum(["full_attention", windowed])).nullish();

/** The window of our config. @param types - of each block @param tokens - what a window holds */
export function windowOf(types: readonly string[], tokens: number | null | undefined): Pick<LanguageConfigInput, "window"> {
  if (tokens == null || !types.includes(windowed)) return {};
  return { window: { tokens, everywhere: types.flatMap((type, i) => (type === windowed ? [] : [i])) } };
}

/** Types of so many blocks. @param isWindowed - of those that a config does not say */
export function typesOf(given: readonly string[] | null | undefined, blocks: number, isWindowed: (block: number) => boolean): readonly string[] {
  return given ?? Array.from({ length: blocks }, (_, i) => (isWindowed(i) ? windowed : "full_attention"));
}
