/** Language models in GGUF files of llama.cpp's `llama` architecture: LLaMA, SmolLM2, TinyLlama, Mistral. */
import { type LanguageConfig, languageConfig } from "../../model/language/config.ts";
import { LanguageModel } from "../../model/language/language-model.ts";
import { parseConfig } from "../../model/strict-config.ts";
import { Scope } from "../../nn/scope.ts";
import type { HostTensor } from "../../runtime/host-tensor.ts";
import { CheckpointError } from "../errors.ts";
import type { WeightFile } from "../weight-file.ts";
import { ggufMetadata } from "./gguf-metadata.ts";
import { readMapped } from "./read-mapped.ts";
import { checkMap, exactly, type Harmless, type WeightMap, type WeightOrigin } from "./weight-map.ts";

const embedding = "token_embd.weight";
const head = "output.weight";

/**
 * @param name - what errors call the file
 * @throws CheckpointError when it is of another architecture; ConfigError when a number is missing, a key is not known, or an option is one that we do not compute
 */
export function ggufLanguageConfig(file: WeightFile, name: string): LanguageConfig {
  const found = ggufMetadata(file, name);
  const { weights } = file;
  const vocabulary = weights.get(embedding)?.shape[0];
  if (vocabulary === undefined) throw new CheckpointError(`${name}: there is no tensor ${embedding}; it is no language model, or is damaged`);
  const heads = found["llama.attention.head_count"];
  const headDim = found["llama.attention.key_length"];
  const config = {
    vocabulary,
    width: found["llama.embedding_length"],
    blocks: found["llama.block_count"],
    heads,
    keyHeads: found["llama.attention.head_count_kv"] ?? heads,
    ...(headDim === undefined ? {} : { headDim }),
    hidden: found["llama.feed_forward_length"],
    // Whether llama.cpp looks at the window depends on its version: documents up to that length are the same with and without it.
    maxTokens: Math.min(found["llama.context_length"], found["llama.attention.sliding_window"] || Number.POSITIVE_INFINITY),
    // llama.cpp reorders the rows of queries and keys so that channels that turn together are neighbours.
    positions: { kind: "rotary", base: found["llama.rope.freq_base"], layout: "interleaved" },
    norm: "rms",
    // Stored as a float32, whose digits beyond those are noise.
    normEpsilon: Number(found["llama.attention.layer_norm_rms_epsilon"].toPrecision(6)),
    activation: "swiGlu",
    bias: { attention: false, feedForward: false, norm: false },
    tiedEmbeddings: !weights.has(head),
  };
  return parseConfig(languageConfig, config, name);
}

const blockLayers = {
  "attentionNorm.scale": "attn_norm",
  "attention.query.weight": "attn_q",
  "attention.key.weight": "attn_k",
  "attention.value.weight": "attn_v",
  "attention.output.weight": "attn_output",
  "feedForwardNorm.scale": "ffn_norm",
  "feedForward.gate.weight": "ffn_gate",
  "feedForward.up.weight": "ffn_up",
  "feedForward.down.weight": "ffn_down",
} as const;

/** Where every `language.*` weight of such a config is. */
export function ggufLanguageWeights({ blocks }: LanguageConfig): WeightMap {
  const origins = new Map<string, WeightOrigin>([
    ["language.embedding.weight", { from: embedding }],
    ["language.head.weight", { from: head }],
    ["language.norm.scale", { from: "output_norm.weight" }],
  ]);
  for (let i = 0; i < blocks; i++) {
    for (const [ours, theirs] of Object.entries(blockLayers)) origins.set(`language.blocks.${i}.${ours}`, { from: `blk.${i}.${theirs}.weight` });
  }
  // Llama 3 has others there.
  const ones: Harmless = {
    prefix: "",
    names: exactly("rope_freqs.weight"),
    what: "the factors that scale rotary positions",
    holds: (values) => values.every((value: number | bigint) => value === 1),
  };
  return { origins, harmless: [ones] };
}

/** The matrices that may stay in blocks, and every weight's shape. */
function declaredBy(config: LanguageConfig): { readonly shapes: ReadonlyMap<string, readonly number[]>; readonly matrices: ReadonlySet<string> } {
  // Declared as if all were in blocks, which tells the matrices that may be.
  const scope = new Scope(() => ({ bits: 4, blockSize: 32, offsets: false }));
  new LanguageModel(scope.child("language"), config);
  const shapes = new Map([...scope.weights()].map(([path, { shape }]) => [path, shape as readonly number[]]));
  return { shapes, matrices: new Set([...scope.weights()].filter(([, weight]) => "codes" in weight).map(([path]) => path)) };
}

type WeightType = Pick<HostTensor, "dtype" | "shape">;

/** What {@link readGgufLanguage} gives of matrices in their blocks, before anything is read. @throws CheckpointError when tensors are missing, of another shape, or unknown */
export function ggufLanguageTypes(file: WeightFile, found: LanguageConfig, name: string): ReadonlyMap<string, WeightType> {
  const { shapes, matrices } = declaredBy(found);
  const map = ggufLanguageWeights(found);
  checkMap(map, file.weights, shapes, name);
  const types = new Map<string, WeightType>();
  for (const [path, shape] of shapes) {
    const { blocks } = file.weights.get(map.origins.get(path)!.from)!;
    if (blocks === undefined || !matrices.has(path)) {
      types.set(path, { dtype: "float32", shape });
      continue;
    }
    const perBlock = [shape[0]!, shape[1]! / blocks.blockSize];
    types.set(`${path}.codes`, { dtype: "uint8", shape: [...perBlock, (blocks.blockSize * blocks.bits) / 8] });
    types.set(`${path}.scales`, { dtype: "float16", shape: perBlock });
    if (blocks.minimums) types.set(`${path}.minimums`, { dtype: "float16", shape: perBlock });
  }
  return types;
}

/**
 * The language model's weights by path.
 * @param found - as {@link ggufLanguageConfig} gives it
 * @param inBlocks - whether matrices of Q4_0, Q4_1 and Q8_0 stay in their blocks, which cannot be trained; else everything is float32
 * @throws CheckpointError when the file is damaged
 */
export async function* readGgufLanguage(
  file: WeightFile,
  found: LanguageConfig,
  name: string,
  inBlocks: boolean,
): AsyncGenerator<readonly [path: string, tensor: HostTensor]> {
  const { shapes, matrices } = declaredBy(found);
  yield* readMapped(ggufLanguageWeights(found), file.weights, shapes, name, { inBlocks: (path) => inBlocks && matrices.has(path) });
}
