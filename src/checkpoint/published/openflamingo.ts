/**
 * Checkpoints of OpenFlamingo 2 (Awadalla et al., 2023): what was trained is in `checkpoint.pt`, the frozen language model and the frozen CLIP are where they were
 * published. What a checkpoint's tensors say about the model is taken from them, the rest from the language model's `config.json`.
 */
import type * as z from "zod";
import type { PreprocessingConfig } from "../../data/preprocessing.ts";
import type { FlamingoConfig } from "../../model/config.ts";
import { fusedBlocks } from "../../model/fusion/placement.ts";
import type { LanguageConfig } from "../../model/language/config.ts";
import { type ClipVitConfig, clipVitConfig } from "../../model/vision/clip-vit.ts";
import { visionSizes } from "../../model/vision/sizes.ts";
import { CheckpointError } from "../errors.ts";
import type { StoredWeight } from "../weight-file.ts";
import { clipPreprocessing } from "./clip-preprocessing.ts";
import { besideVisual, openClipWeights, transformersClipWeights } from "./clip-weights.ts";
import type { LanguageFamily } from "./language/family.ts";
import { publishedLanguageConfig } from "./language-config.ts";
import { languageWeights, namesIn } from "./language-weights.ts";
import { openFlamingoConfig } from "./openflamingo-config.ts";
import { openFlamingoTrainedWeights } from "./openflamingo-weights.ts";
import type { PublishedModel, PublishedShapes } from "./published-model.ts";
import { besideTower, towerPrefix } from "./vision-names.ts";
import { exactly, type Harmless, joinedMaps, type WeightMap, type WeightOrigin } from "./weight-map.ts";

/** What the frozen parts' tensors are called beside those of the checkpoint. */
const frozenLanguage = "frozen language model: ";
const frozenVision = "frozen vision encoder: ";

/** What the names of a checkpoint's tensors begin with, and what a block's fusion layer is called beside it. */
const languagePrefix = "lang_encoder.";
const visionPrefix = "vision_encoder.";
const fusionLayer = "gated_cross_attn_layer";

export interface OpenFlamingoTensors {
  /** A released `checkpoint.pt`, or the checkpoint of a training run. */
  readonly checkpoint: ReadonlyMap<string, StoredWeight>;
  readonly language: ReadonlyMap<string, StoredWeight>;
  /** CLIP as open_clip or as transformers keep it; its text tower may be there too. */
  readonly vision: ReadonlyMap<string, StoredWeight>;
}

/**
 * The tensors of all three files as one set, as {@link openFlamingo} and `readMapped` take it.
 * @throws CheckpointError when the checkpoint holds a tensor under two names that mean the same
 */
export function openFlamingoTensors({ checkpoint, language, vision }: OpenFlamingoTensors): ReadonlyMap<string, StoredWeight> {
  const prefixed = (prefix: string, weights: ReadonlyMap<string, StoredWeight>): [string, StoredWeight][] =>
    [...weights].map(([name, weight]) => [prefix + name, weight]);
  const own = new Map<string, StoredWeight>();
  for (const [name, weight] of checkpoint) {
    const plain = plainName(name);
    if (own.has(plain)) throw new CheckpointError(`the checkpoint holds ${plain} twice, once as ${name}; save one of them alone`);
    own.set(plain, weight);
  }
  return new Map([...own, ...prefixed(frozenLanguage, language), ...prefixed(frozenVision, vision)]);
}

/** A training run's checkpoint nests the weights, a distributed one calls the model `module`, and each block lies in a layer beside its fusion layer. */
function plainName(name: string): string {
  return name
    .replace(/^model_state_dict\./, "")
    .replace(/^module\./, "")
    .replace(/^(lang_encoder\..*?\.\d+)\.decoder_layer\./, "$1.");
}

/** Where the weights of a whole model are in a checkpoint that was saved whole. The embedding and the head are matrices of all rows, with those of new tokens at the end. */
export function wholeOpenFlamingoWeights({ vision, resampler, fusion, language }: FlamingoConfig, family: LanguageFamily): WeightMap {
  if (vision.kind !== "clip-vit" || resampler.kind !== "perceiver" || fusion.kind !== "gated-cross-attention-dense")
    throw new Error("the config is not one of OpenFlamingo's");
  const { heads = language.heads, headDim = language.headDim } = fusion;
  const ofLanguage = languageWeights(family, language, { prefix: languagePrefix });
  const blocks = blockNames(ofLanguage, language);
  const inLayers = [...ofLanguage.origins].map(([path, origin]): [string, WeightOrigin] => {
    const block = blocks.find((name) => origin.from.startsWith(`${name}.`));
    return [path, block === undefined ? origin : { ...origin, from: `${block}.decoder_layer${origin.from.slice(block.length)}` }];
  });
  return joinedMaps(
    openClipWeights(vision, visionPrefix),
    { origins: new Map(inLayers), harmless: [] },
    openFlamingoTrainedWeights({
      layers: resampler.layers,
      inner: { resampler: resampler.heads * resampler.headDim, fusion: heads * headDim },
      fusion: fusedBlocks(fusion, language.blocks).map((i) => `${blocks[i]}.${fusionLayer}`),
    }),
  );
}

function blockNames({ origins }: WeightMap, { blocks }: LanguageConfig): readonly string[] {
  return Array.from({ length: blocks }, (_, i) => origins.get(`language.blocks.${i}.attentionNorm.scale`)!.from.split(".").slice(0, -2).join("."));
}

export interface OpenFlamingoOptions {
  /** Content of the frozen language model's `config.json`. */
  readonly languageConfig: unknown;
  /** What errors call that file. */
  readonly languageName?: string;
  /** The frozen CLIP. Default: OpenAI's ViT-L/14, as in every release. */
  readonly vision?: z.input<typeof clipVitConfig>;
  /** How its pictures are prepared, where that is not as OpenAI's. */
  readonly pixels?: Partial<PreprocessingConfig>;
  /** Channels of each head of the new layers, which no tensor tells. Default: 64, as in every release. */
  readonly headDim?: number;
  /** Rows at the end of the embedding that are new: end of chunk, image, and padding where the tokenizer had none. Default: 3, as in every release. */
  readonly newTokens?: number;
}

/**
 * @param published - as {@link openFlamingoTensors} gives it
 * @param name - what errors call the checkpoint
 * @throws CheckpointError when it is no checkpoint of OpenFlamingo, or one of another language model; ConfigError when a config has a key that is not known, or an option that we do not compute
 */
export function openFlamingo(
  published: PublishedShapes,
  { languageConfig, languageName, vision, pixels, headDim = 64, newTokens = 3 }: OpenFlamingoOptions,
  name: string,
): PublishedModel {
  const shape = (tensor: string, advice: string): readonly number[] => {
    const found = published.get(tensor)?.shape;
    if (found === undefined) throw new CheckpointError(`${name} has no tensor ${tensor}: ${advice}`);
    return found;
  };
  const { family, config: language } = publishedLanguageConfig(languageConfig, languageName ?? `the config of ${name}'s language model`);
  const tower = clipVitConfig.parse(vision ?? visionSizes["clip-vit-l-14"]);
  const [latents] = shape("perceiver.latents", "it is not a checkpoint of OpenFlamingo") as [number, number];
  if (published.has("perceiver.media_time_embs"))
    throw new CheckpointError(`${name} tells media apart by their place (perceiver.media_time_embs), which no release does and which is not supported`);
  const frames = published.get("perceiver.frame_embs")?.shape[0] ?? 0;
  const [inner] = shape("perceiver.layers.0.0.to_q.weight", "it is cut short") as [number];
  const layers = [...published.keys()].filter((tensor) => /^perceiver\.layers\.\d+\.0\.to_q\.weight$/.test(tensor)).length;

  const frozen = languageWeights(family, language, namesIn(family, published, frozenLanguage));
  const trained = languageWeights(family, language, { prefix: languagePrefix });
  const blocks = blockNames(trained, language);
  const fusionNames = fusionLayers(published, blocks, name);
  const embedding = trained.origins.get("language.embedding.weight")!.from;
  const [rows] = shape(
    embedding,
    "it should hold the embedding with the rows of the new tokens. Of another language model? Training with --freeze_lm_embeddings loses those rows where the tensor is not called `embed`",
  ) as [number];
  if (rows <= newTokens) throw new CheckpointError(`${name}: ${embedding} has only ${rows} rows, with ${newTokens} new ones among them`);

  const head = trained.origins.get("language.head.weight")!.from;
  const size = { heads: inner / headDim, headDim };
  const config = openFlamingoConfig({
    vision: tower,
    resampler: { ...size, layers, latents, frames },
    language: { ...language, vocabulary: rows - newTokens, extraTokens: newTokens },
    fusion: { ...size, every: fusionNames.every },
  });
  const weights = joinedMaps(
    replaced(visionWeights(published, tower), openClipWeights(tower, visionPrefix), published),
    replaced(frozen, trained, published),
    embeddingRows("embedding", "extraEmbedding", embedding, rows, newTokens),
    published.has(head) ? embeddingRows("head", "extraHead", head, rows, newTokens) : frozenHead(frozen, published, rows, newTokens),
    openFlamingoTrainedWeights({ layers, inner: { resampler: inner, fusion: inner }, fusion: fusionNames.layers }),
    besideTrained(blocks),
  );
  return { config, preprocessing: { ...clipPreprocessing(tower.imageSize, "crop"), ...pixels }, weights };
}

/** Which blocks have a fusion layer before them, by the names that are there: on the way to the block in released files, in a list of their own in unfiltered ones. */
function fusionLayers(published: PublishedShapes, blocks: readonly string[], name: string): { readonly every: number; readonly layers: readonly string[] } {
  const found = blocks.flatMap((block, i) => {
    const spellings = [`${block}.${fusionLayer}`, `lang_encoder.gated_cross_attn_layers.${i}`];
    const layer = spellings.find((spelling) => published.has(`${spelling}.attn_gate`));
    return layer === undefined ? [] : [{ i, layer }];
  });
  const [first] = found;
  if (first === undefined)
    throw new CheckpointError(`${name} has no fusion layers at ${blocks[0]} … ${blocks.at(-1)}; is the config that of the language model it was trained with?`);
  const every = first.i + 1;
  const expected = fusedBlocks({ placement: "every", every, offset: every - 1 }, blocks.length);
  const places = found.map(({ i }) => i);
  if (places.join() !== expected.join())
    throw new CheckpointError(
      `${name} has fusion layers at blocks ${places.join(", ")}, expected were ${expected.join(", ")}; the language model is another one, or the file is cut`,
    );
  return { every, layers: found.map(({ layer }) => layer) };
}

/**
 * What the checkpoint holds of a frozen part is taken instead of what that part was published with, as when OpenFlamingo loads it: all of it in a checkpoint that was saved whole, in released
 * ones the embedding.
 */
function replaced(frozen: WeightMap, trained: WeightMap, published: PublishedShapes): WeightMap {
  const taken = [...trained.origins].filter(([, { from }]) => published.has(from));
  const left = taken.flatMap(([path]) => frozen.origins.get(path)?.from ?? []);
  const instead: Harmless = { prefix: "", names: exactly(...left), what: "a frozen weight instead of which the checkpoint has its own" };
  return { origins: new Map([...frozen.origins, ...taken]), harmless: [instead, ...frozen.harmless, ...trained.harmless] };
}

/** What a checkpoint holds besides the model's weights: the state of its training, and in one that was saved whole the same blocks and fusion layers under other names. */
function besideTrained(blocks: readonly string[]): WeightMap {
  const again = (list: string, within: string): Harmless => ({
    prefix: `lang_encoder.${list}.`,
    names: /^\d+\./,
    what: "a layer under another name",
    sameAs: (tensor) => tensor.replace(/^lang_encoder\.\w+\.(\d+)\./, (_, i) => `${blocks[Number(i)]}.${within}`),
  });
  return {
    origins: new Map(),
    harmless: [
      { prefix: "", names: /^(optimizer|lr_scheduler)_state_dict\./, what: "the state of training" },
      again("old_decoder_blocks", ""),
      again("gated_cross_attn_layers", `${fusionLayer}.`),
    ],
  };
}

/** The published matrix holds old and new rows together, ours apart. */
function embeddingRows(own: string, extra: string, from: string, rows: number, newTokens: number): WeightMap {
  const start = rows - newTokens;
  const origins = new Map([
    [`language.${own}.weight`, { from, part: { axis: 0, start: 0, end: start } }],
    [`language.${extra}.weight`, { from, part: { axis: 0, start, end: rows } }],
  ]);
  return { origins, harmless: [] };
}

/**
 * A head that is not tied to the embedding is frozen, and OpenFlamingo's checkpoints leave it out where its name does not say `embed`, as LLaMA's. Then it is the language model's own. Rows of new tokens are
 * those that it has for them; where it has none, the reference draws them anew each time that it loads the model: they are 0 here, which is what it draws on average.
 */
function frozenHead({ origins }: WeightMap, published: PublishedShapes, rows: number, newTokens: number): WeightMap {
  const { from } = origins.get("language.head.weight")!;
  const [held = 0, width = 0] = published.get(from)?.shape ?? [];
  const start = rows - newTokens;
  const first = Math.max(0, Math.min(start, held - newTokens));
  const make = (values: Float32Array): Float32Array => {
    const made = new Float32Array(newTokens * width);
    made.set(values.subarray((start - first) * width));
    return made;
  };
  return {
    origins: new Map<string, WeightOrigin>([
      ["language.head.weight", { from, part: { axis: 0, start: 0, end: start } }],
      ["language.extraHead.weight", { from, part: { axis: 0, start: first, end: first + newTokens }, madeWith: { tensors: [], make } }],
    ]),
    harmless: [],
  };
}

function visionWeights(published: PublishedShapes, tower: ClipVitConfig): WeightMap {
  if (published.has(`${frozenVision}visual.class_embedding`)) return joinedMaps(openClipWeights(tower, `${frozenVision}visual.`), besideVisual(frozenVision));
  return joinedMaps(transformersClipWeights(tower, towerPrefix(published, frozenVision)), besideTower(frozenVision));
}
