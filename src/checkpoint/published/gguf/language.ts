/** Language models in GGUF files of llama.cpp. */
import { type LanguageConfig, type LanguageConfigInput, languageConfig } from "../../../model/language/config.ts";
import { LanguageModel } from "../../../model/language/language-model.ts";
import { parseConfig } from "../../../model/strict-config.ts";
import { Scope } from "../../../nn/scope.ts";
import type { HostTensor } from "../../../runtime/host-tensor.ts";
import { CheckpointError } from "../../errors.ts";
import type { WeightFile } from "../../weight-file.ts";
import { languageWeights } from "../language-weights.ts";
import type { PublishedLanguage } from "../published-language.ts";
import { readMapped } from "../read-mapped.ts";
import { checkMap, exactly, type Harmless, type WeightMap } from "../weight-map.ts";
import type { GgufArchitecture } from "./architecture.ts";
import { ggufMetadata } from "./metadata.ts";
import { ggufDivisors, ggufScaling, longestDocument } from "./positions.ts";

const names = { base: "", embedding: "token_embd", head: "output", norm: "output_norm", block: (i: number) => `blk.${i}` } as const;
/** llama.cpp's converter can join queries, keys and values in any architecture. */
const joined = "attn_qkv";

/**
 * Its config, and where its weights are. No tensor is read but one with divisors of positions.
 * @param name - what errors call the file
 * @throws CheckpointError when it is of another architecture; ConfigError when a number is missing, a key is not known, or an option is one that we do not compute
 */
export async function ggufLanguage(file: WeightFile, name: string): Promise<PublishedLanguage> {
  const { architecture } = ggufMetadata(file, name);
  const config = ggufLanguageConfig(file, name, await ggufDivisors(file, architecture, name));
  return { config, weights: weightsOf(config, architecture, file.weights) };
}

/** @param divisors - of positions, where a tensor holds any @throws as {@link ggufLanguage} */
export function ggufLanguageConfig(file: WeightFile, name: string, divisors?: readonly number[]): LanguageConfig {
  const { architecture, found } = ggufMetadata(file, name);
  const { weights } = file;
  const vocabulary = weights.get(`${names.embedding}.weight`)?.shape[0];
  if (vocabulary === undefined) throw new CheckpointError(`${name}: there is no tensor ${names.embedding}.weight; it is no language model, or is damaged`);
  const { "attention.head_count": heads, embedding_length: width, "attention.key_length": headDim = width / heads } = found;
  const scaling = ggufScaling(found, divisors, name);
  const { positions, ...differing } = architecture.config?.(found) ?? {};
  const has = (layer: string): boolean => weights.has(`blk.0.${layer}.bias`);
  const config: LanguageConfigInput = {
    vocabulary,
    width,
    blocks: found.block_count,
    heads,
    keyHeads: found["attention.head_count_kv"] ?? heads,
    headDim,
    hidden: found.feed_forward_length,
    maxTokens: longestDocument(file, architecture, found),
    positions: {
      kind: "rotary",
      base: found["rope.freq_base"],
      layout: architecture.layout,
      share: (found["rope.dimension_count"] ?? headDim) / headDim,
      ...(scaling === undefined ? {} : { scaling }),
      ...positions,
    } as LanguageConfigInput["positions"],
    norm: "rms",
    // Stored as a float32, whose digits beyond those are noise.
    normEpsilon: Number(found["attention.layer_norm_rms_epsilon"].toPrecision(6)),
    activation: architecture.activation,
    bias: { attention: has("attn_output") || (has("attn_q") || has(joined) ? "inputs" : false), feedForward: has("ffn_up"), norm: false },
    tiedEmbeddings: !weights.has(`${names.head}.weight`),
    ...differing,
  };
  return parseConfig(languageConfig, config, name);
}

function weightsOf(config: LanguageConfig, { layers, gateAndUp, divisors, longDivisors }: GgufArchitecture, published: WeightFile["weights"]): WeightMap {
  const isJoined = published.has(`blk.0.${joined}.weight`);
  const { "attention.query": _, "attention.key": __, "attention.value": ___, ...others } = layers;
  const { origins } = languageWeights(
    {
      ...names,
      layers: isJoined ? others : layers,
      ...(isJoined ? { joined: { name: joined, by: "rows" as const } } : {}),
      ...(gateAndUp === undefined ? {} : { gateAndUp }),
    },
    config,
  );
  const ofPositions: Harmless = {
    prefix: "",
    names: exactly(...[divisors, longDivisors].filter((tensor) => tensor !== undefined)),
    what: "divisors of positions, which the config holds, or those for longer documents",
  };
  return { origins, harmless: [ofPositions] };
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
export function ggufLanguageTypes(file: WeightFile, { config, weights: map }: PublishedLanguage, name: string): ReadonlyMap<string, WeightType> {
  const { shapes, matrices } = declaredBy(config);
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
    const { minimums, wide = false } = blocks;
    const dtype = wide ? "float32" : "float16";
    types.set(`${path}.scales`, { dtype, shape: perBlock });
    if (minimums) types.set(`${path}.${wide ? "offsets" : "minimums"}`, { dtype, shape: perBlock });
  }
  return types;
}

/**
 * The language model's weights by path.
 * @param language - as {@link ggufLanguage} gives it
 * @param inBlocks - whether matrices stay in the blocks that they are stored in, which cannot be trained; else everything is float32
 * @throws CheckpointError when the file is damaged
 */
export async function* readGgufLanguage(
  file: WeightFile,
  { config, weights: map }: PublishedLanguage,
  name: string,
  inBlocks: boolean,
): AsyncGenerator<readonly [path: string, tensor: HostTensor]> {
  const { shapes, matrices } = declaredBy(config);
  yield* readMapped(map, file.weights, shapes, name, { inBlocks: (path) => inBlocks && matrices.has(path) });
}
