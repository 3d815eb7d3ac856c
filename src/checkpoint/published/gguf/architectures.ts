/** The architectures of GGUF files that are read here, as llama.cpp computes them (src/models of its repository) and its converter writes them (conversion/). */
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import type { GgufArchitecture } from "./architecture.ts";
import type { GgufMetadata } from "./keys.ts";

const attention = {
  "attention.query": "attn_q",
  "attention.key": "attn_k",
  "attention.value": "attn_v",
  "attention.output": "attn_output",
} as const;
const feedForward = { "feedForward.gate": "ffn_gate", "feedForward.up": "ffn_up", "feedForward.down": "ffn_down" } as const;
const inputNorms = { attentionNorm: "attn_norm", feedForwardNorm: "ffn_norm" } as const;
const outputNorms = { attentionOutputNorm: "post_attention_norm", feedForwardOutputNorm: "post_ffw_norm" } as const;
const headNorms = { "attention.queryNorm": "attn_q_norm", "attention.keyNorm": "attn_k_norm" } as const;

/** LLaMA, SmolLM2, TinyLlama, Mistral. Llama 3 has divisors. */
const llama: GgufArchitecture = {
  layers: { ...inputNorms, ...attention, ...feedForward },
  activation: "swiGlu",
  layout: "interleaved",
  scalings: ["none", "linear", "yarn"],
  divisors: "rope_freqs.weight",
  window: "left aside",
};

const { divisors: _, ...withoutDivisors } = llama;

/** Every fourth block turns nothing, whatever a config.json said. */
const smollm3: GgufArchitecture = {
  ...withoutDivisors,
  config: (metadata) => ({ positions: { kind: "rotary", unturned: blocksOf(metadata, (block) => block % 4 === 3) } }),
};

const qwen2: GgufArchitecture = { ...withoutDivisors, layout: "half" };

const qwen3: GgufArchitecture = { ...qwen2, layers: { ...qwen2.layers, ...headNorms }, config: () => ({ queryKeyNorm: "head" }) };

const phi3: GgufArchitecture = {
  layers: { ...inputNorms, ...attention, "feedForward.down": "ffn_down" },
  gateAndUp: "ffn_up",
  activation: "swiGlu",
  layout: "half",
  scalings: ["none", "linear", "longrope"],
  divisors: "rope_factors_short.weight",
  longDivisors: "rope_factors_long.weight",
  partial: true,
  // The authors' own code does, llama.cpp does without it for now (src/models/phi3.cpp).
  window: "used",
  reads: ["attention.sliding_window", "rope.scaling.attn_factor"],
  config: ({ "attention.sliding_window": tokens }) => (tokens ? { window: { tokens } } : {}),
};

/** OLMo 3 is of the same architecture, and has a window. */
const olmo2: GgufArchitecture = {
  ...qwen2,
  layers: { ...outputNorms, ...attention, ...feedForward, ...headNorms },
  window: "refused",
  config: () => ({ normPlaces: "outputs", queryKeyNorm: "all" }),
};

const gemma: GgufArchitecture = {
  layers: { ...inputNorms, ...outputNorms, ...attention, ...feedForward },
  activation: "geGlu",
  layout: "half",
  scalings: ["none", "linear"],
  window: "used",
};
const gemmaReads = ["attention.sliding_window", "attention.sliding_window_pattern", "final_logit_softcapping"];

const gemma2: GgufArchitecture = {
  ...gemma,
  reads: [...gemmaReads, "attn_logit_softcapping"],
  config: (metadata) => ({
    ...gemmaConfig(metadata, 46),
    ...windowOf(metadata, metadata["attention.sliding_window"] ?? 4096, 2),
    scoreCap: metadata.attn_logit_softcapping ?? 50,
    logitCap: metadata.final_logit_softcapping ?? 30,
  }),
};

const gemma3: GgufArchitecture = {
  ...gemma,
  layers: { ...gemma.layers, ...headNorms },
  reads: [...gemmaReads, "rope.freq_base_swa"],
  config(metadata) {
    const { "attention.sliding_window": tokens, "rope.freq_base_swa": windowBase = 10_000, final_logit_softcapping: logitCap } = metadata;
    const window = tokens ? windowOf(metadata, tokens, 6) : {};
    return {
      ...gemmaConfig(metadata, 62),
      ...window,
      ...(window.window === undefined ? {} : { positions: { kind: "rotary", windowBase } }),
      ...(logitCap ? { logitCap } : {}),
      queryKeyNorm: "head",
    };
  },
};

/** By the name that files give them. */
export const architectures: Readonly<Record<string, GgufArchitecture>> = { llama, qwen2, qwen3, gemma2, gemma3, phi3, olmo2, smollm3 };

/** The largest model of each, known by its number of blocks, divides scores by the root of another number, which no key says. */
function gemmaConfig(metadata: GgufMetadata, largest: number): Partial<LanguageConfigInput> {
  const { embedding_length: width, "attention.head_count": heads, block_count: blocks } = metadata;
  return {
    embeddingScale: Math.sqrt(width),
    normPlaces: "both",
    ...(blocks === largest ? { attentionScale: Math.floor(width / heads) ** -0.5 } : {}),
  };
}

/** @param every - one block in so many sees everything, where the metadata do not say which */
function windowOf(metadata: GgufMetadata, tokens: number, every: number): Pick<LanguageConfigInput, "window"> {
  const pattern = metadata["attention.sliding_window_pattern"] ?? every;
  const everywhere = blocksOf(metadata, (block) => (typeof pattern === "number" ? (block + 1) % pattern === 0 : pattern[block] !== true));
  return everywhere.length === metadata.block_count ? {} : { window: { tokens, everywhere } };
}

function blocksOf({ block_count: count }: GgufMetadata, has: (block: number) => boolean): number[] {
  return Array.from({ length: count }, (_, block) => block).filter(has);
}
