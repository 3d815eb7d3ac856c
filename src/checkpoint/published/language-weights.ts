/** Names of the published language models, as Hugging Face transformers writes them. */
import type { LanguageConfig } from "../../model/language/config.ts";
import { causalMask, frequencies, hiddenScore } from "./computed-tensors.ts";
import type { PublishedShapes } from "./published-model.ts";
import { exactly, type Harmless, type WeightMap, type WeightOrigin } from "./weight-map.ts";

export const languageFamilies = ["mpt", "mosaic", "neox", "llama", "opt", "gpt2"] as const;
export type LanguageFamily = (typeof languageFamilies)[number];

/** Published names of one family. Where a layer has a bias, its name is the weight's with `bias` in the place of `weight`. */
interface FamilyNames {
  /** The base model's name, which begins the name of all of its weights but the head's; a base model that is saved alone leaves it out. */
  readonly base: string;
  readonly embedding: string;
  readonly head: string;
  readonly positions?: string;
  readonly norm: string;
  /** Name of block `i`, which everything below it begins with. */
  readonly block: (i: number) => string;
  readonly attentionNorm: string;
  readonly feedForwardNorm: string;
  /** Our layers below a block that a published layer holds as it is. */
  readonly layers: Readonly<Record<string, string>>;
  /** The layer that holds queries, keys and values together, and how. */
  readonly joined?: { readonly name: string; readonly by: "thirds" | "heads" };
  /** Whether matrices are kept `[inputs, outputs]`. */
  readonly transposed?: boolean;
  /** What older versions of transformers write besides. */
  readonly computed?: (config: LanguageConfig) => readonly Omit<Harmless, "prefix">[];
}

const separate = (prefix: string, output: string): Readonly<Record<string, string>> => ({
  "attention.query": `${prefix}.q_proj`,
  "attention.key": `${prefix}.k_proj`,
  "attention.value": `${prefix}.v_proj`,
  "attention.output": `${prefix}.${output}`,
});

const families: Readonly<Record<LanguageFamily, FamilyNames>> = {
  mpt: {
    base: "transformer.",
    embedding: "wte",
    head: "lm_head",
    norm: "norm_f",
    block: (i) => `blocks.${i}`,
    attentionNorm: "norm_1",
    feedForwardNorm: "norm_2",
    joined: { name: "attn.Wqkv", by: "thirds" },
    layers: {
      "attention.output": "attn.out_proj",
      "attention.queryNorm": "attn.q_ln",
      "attention.keyNorm": "attn.k_ln",
      "feedForward.up": "ffn.up_proj",
      "feedForward.down": "ffn.down_proj",
    },
  },
  mosaic: {
    base: "transformer.",
    embedding: "wte",
    head: "lm_head",
    norm: "ln_f",
    block: (i) => `blocks.${i}`,
    attentionNorm: "ln_1",
    feedForwardNorm: "ln_2",
    joined: { name: "attn.Wqkv", by: "thirds" },
    layers: {
      "attention.output": "attn.out_proj",
      "attention.queryNorm": "attn.q_ln",
      "attention.keyNorm": "attn.k_ln",
      "feedForward.up": "mlp.mlp_up",
      "feedForward.down": "mlp.mlp_down",
    },
  },
  neox: {
    base: "gpt_neox.",
    embedding: "embed_in",
    head: "embed_out",
    norm: "final_layer_norm",
    block: (i) => `layers.${i}`,
    attentionNorm: "input_layernorm",
    feedForwardNorm: "post_attention_layernorm",
    joined: { name: "attention.query_key_value", by: "heads" },
    layers: { "attention.output": "attention.dense", "feedForward.up": "mlp.dense_h_to_4h", "feedForward.down": "mlp.dense_4h_to_h" },
    computed: (config) => [
      causalMask(/^layers\.\d+\.attention\.bias$/),
      hiddenScore(/^layers\.\d+\.attention\.masked_bias$/),
      frequencies(/^layers\.\d+\.attention\.rotary_emb\.inv_freq$/, config),
    ],
  },
  llama: {
    base: "model.",
    embedding: "embed_tokens",
    head: "lm_head",
    norm: "norm",
    block: (i) => `layers.${i}`,
    attentionNorm: "input_layernorm",
    feedForwardNorm: "post_attention_layernorm",
    layers: {
      ...separate("self_attn", "o_proj"),
      "feedForward.gate": "mlp.gate_proj",
      "feedForward.up": "mlp.up_proj",
      "feedForward.down": "mlp.down_proj",
    },
    computed: (config) => [frequencies(/^layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/, config)],
  },
  opt: {
    base: "model.",
    embedding: "decoder.embed_tokens",
    head: "lm_head",
    positions: "decoder.embed_positions",
    norm: "decoder.final_layer_norm",
    block: (i) => `decoder.layers.${i}`,
    attentionNorm: "self_attn_layer_norm",
    feedForwardNorm: "final_layer_norm",
    layers: { ...separate("self_attn", "out_proj"), "feedForward.up": "fc1", "feedForward.down": "fc2" },
    computed: () => [{ names: exactly("decoder.version"), what: "the version of fairseq's code", shaped: (shape) => shape.join() === "1" }],
  },
  gpt2: {
    base: "transformer.",
    embedding: "wte",
    head: "lm_head",
    positions: "wpe",
    norm: "ln_f",
    block: (i) => `h.${i}`,
    attentionNorm: "ln_1",
    feedForwardNorm: "ln_2",
    joined: { name: "attn.c_attn", by: "thirds" },
    layers: { "attention.output": "attn.c_proj", "feedForward.up": "mlp.c_fc", "feedForward.down": "mlp.c_proj" },
    transposed: true,
    computed: () => [causalMask(/^h\.\d+\.attn\.bias$/), hiddenScore(/^h\.\d+\.attn\.masked_bias$/)],
  },
};

/** Which rows of a joined layer are queries, keys and values: a part of it, seen in a shape in which that part is one piece. */
function joinedPart(
  by: "thirds" | "heads",
  which: 0 | 1 | 2,
  { heads, headDim, keyHeads, width }: LanguageConfig,
  kind: "weight" | "bias",
): Partial<WeightOrigin> {
  if (by === "heads") {
    const seenAs = kind === "weight" ? [heads, 3, headDim, width] : [heads, 3, headDim];
    return { seenAs, part: { axis: 1, start: which, end: which + 1 } };
  }
  const [queries, keys] = [heads * headDim, keyHeads * headDim];
  const [start, end] = which === 0 ? [0, queries] : [queries + (which - 1) * keys, queries + which * keys];
  return { part: { axis: 0, start, end } };
}

/** Queries, keys and values in GPT-2's matrices, which lie side by side, not below each other. */
function besideEachOther(origin: Partial<WeightOrigin>): Partial<WeightOrigin> {
  return origin.part === undefined ? origin : { ...origin, part: { ...origin.part, axis: 1 } };
}

export interface LanguageNames {
  /** What all published names begin with, such as OpenFlamingo's `lang_encoder.` */
  readonly prefix: string;
  /** The base model's name. */
  readonly base: string;
}

/** How published tensors are called: a base model that was saved without its head, as GPT-2 and some OPTs are on the hub, does not name itself. */
export function namesIn(family: LanguageFamily, published: PublishedShapes, prefix = ""): LanguageNames {
  const { base, embedding } = families[family];
  const alone = !published.has(`${prefix}${base}${embedding}.weight`) && published.has(`${prefix}${embedding}.weight`);
  return { prefix, base: alone ? "" : base };
}

/** Where every `language.*` weight of a config is in a published language model. */
export function languageWeights(
  family: LanguageFamily,
  config: LanguageConfig,
  { prefix = "", base = families[family].base }: Partial<LanguageNames> = {},
): WeightMap {
  const names = families[family];
  const map = new Map<string, WeightOrigin>();
  const put = (path: string, from: string, rest: Partial<WeightOrigin> = {}): void => void map.set(`language.${path}`, { from: prefix + base + from, ...rest });
  const norm = (path: string, from: string): void => {
    put(`${path}.scale`, `${from}.weight`);
    put(`${path}.bias`, `${from}.bias`);
  };
  put("embedding.weight", `${names.embedding}.weight`);
  map.set("language.head.weight", { from: `${prefix}${names.head}.weight` });
  if (names.positions !== undefined) put("positions.weight", `${names.positions}.weight`);
  norm("norm", names.norm);
  const transposed = names.transposed === true ? { transposed: true } : {};
  for (let i = 0; i < config.blocks; i++) {
    const [ours, theirs] = [`blocks.${i}`, names.block(i)];
    norm(`${ours}.attentionNorm`, `${theirs}.${names.attentionNorm}`);
    norm(`${ours}.feedForwardNorm`, `${theirs}.${names.feedForwardNorm}`);
    for (const [layer, name] of Object.entries(names.layers)) {
      if (layer.endsWith("Norm")) norm(`${ours}.${layer}`, `${theirs}.${name}`);
      else {
        put(`${ours}.${layer}.weight`, `${theirs}.${name}.weight`, transposed);
        put(`${ours}.${layer}.bias`, `${theirs}.${name}.bias`);
      }
    }
    if (names.joined === undefined) continue;
    const { name, by } = names.joined;
    (["query", "key", "value"] as const).forEach((layer, which) => {
      const part = joinedPart(by, which as 0 | 1 | 2, config, "weight");
      put(`${ours}.attention.${layer}.weight`, `${theirs}.${name}.weight`, { ...(names.transposed === true ? besideEachOther(part) : part), ...transposed });
      put(`${ours}.attention.${layer}.bias`, `${theirs}.${name}.bias`, joinedPart(by, which as 0 | 1 | 2, config, "bias"));
    });
  }
  return { origins: map, harmless: harmlessOf(names, config, prefix, base) };
}

function harmlessOf({ embedding, head, computed }: FamilyNames, config: LanguageConfig, prefix: string, base: string): Harmless[] {
  const tied: Harmless = {
    prefix,
    names: exactly(`${head}.weight`),
    what: "the head that the config ties to the embedding",
    // transformers 4 ties them whatever the file holds, transformers 5 does not where they differ.
    sameAs: () => `${prefix}${base}${embedding}.weight`,
  };
  return [...(config.tiedEmbeddings ? [tied] : []), ...(computed?.(config) ?? []).map((each) => ({ prefix: prefix + base, ...each }))];
}
