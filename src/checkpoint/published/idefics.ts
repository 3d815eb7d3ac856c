/** IDEFICS 1 (Laurençon et al., 2023), as Hugging Face transformers keeps it: everything in one set of tensors. */
import type { LanguageConfig } from "../../model/language/config.ts";
import type { ClipVitConfig } from "../../model/vision/clip-vit.ts";
import { clipPreprocessing } from "./clip-preprocessing.ts";
import { transformersClipWeights } from "./clip-weights.ts";
import { frequencies } from "./computed-tensors.ts";
import { ideficsConfig } from "./idefics-config.ts";
import { llamaFamily } from "./language/llama.ts";
import { languageWeights } from "./language-weights.ts";
import type { PublishedModel } from "./published-model.ts";
import { exactly, type Harmless, joinedMaps, type WeightMap, type WeightOrigin } from "./weight-map.ts";

/**
 * @param json - the content of its `config.json`
 * @param name - what errors call it
 * @throws ConfigError when an option is one that we do not compute
 */
export function idefics(json: unknown, name: string): PublishedModel {
  const config = ideficsConfig(json, name);
  const tower = config.vision as ClipVitConfig;
  const { blocks } = config.language;
  const { every } = config.fusion as { readonly every: number };
  const weights = joinedMaps(
    transformersClipWeights(tower, "model.vision_model."),
    resamplerWeights("layers" in config.resampler ? config.resampler.layers : 0),
    languageWeights(llamaFamily, config.language),
    addedEntries(config.language),
    fusionWeights(Math.ceil(blocks / every), config.language),
  );
  return { config, preprocessing: clipPreprocessing(tower.imageSize, "squash"), weights };
}

/** Entries after the language model's own: trained while the others were frozen. */
function addedEntries({ tiedEmbeddings }: LanguageConfig): WeightMap {
  const embedding = "model.embed_tokens.additional_embedding.weight";
  const head = "lm_head.additional_fc.weight";
  const origins = new Map([
    ["language.extraEmbedding.weight", { from: embedding }],
    ["language.extraHead.weight", { from: head }],
  ]);
  const tied: Harmless = { prefix: "", names: exactly(head), what: "the head that the config ties to the embedding", sameAs: () => embedding };
  return { origins, harmless: tiedEmbeddings ? [tied] : [] };
}

function resamplerWeights(layers: number): WeightMap {
  const map = new Map<string, WeightOrigin>();
  const put = (path: string, from: string): void => void map.set(`resampler.${path}`, { from: `model.perceiver_resampler.${from}` });
  const norm = (path: string, from: string): void => {
    put(`${path}.scale`, `${from}.weight`);
    put(`${path}.bias`, `${from}.bias`);
  };
  put("latents", "latents");
  norm("norm", "layer_norm");
  for (let i = 0; i < layers; i++) {
    const [ours, theirs] = [`layers.${i}`, `blocks.${i}`];
    norm(`${ours}.attention.mediaNorm`, `${theirs}.0.context_layer_norm`);
    norm(`${ours}.attention.latentsNorm`, `${theirs}.0.latents_layer_norm`);
    norm(`${ours}.attention.queryNorm`, `${theirs}.0.q_layer_norm`);
    norm(`${ours}.attention.keyNorm`, `${theirs}.0.k_layer_norm`);
    put(`${ours}.attention.query.weight`, `${theirs}.0.q_proj.weight`);
    put(`${ours}.attention.key.weight`, `${theirs}.0.k_proj.weight`);
    put(`${ours}.attention.value.weight`, `${theirs}.0.v_proj.weight`);
    put(`${ours}.attention.output.weight`, `${theirs}.0.output_proj.weight`);
    norm(`${ours}.norm`, `${theirs}.1.ln`);
    put(`${ours}.feedForward.up.weight`, `${theirs}.1.fc.weight`);
    put(`${ours}.feedForward.down.weight`, `${theirs}.1.c_proj.weight`);
  }
  return { origins: map, harmless: [] };
}

function fusionWeights(layers: number, language: LanguageConfig): WeightMap {
  const names = {
    "attention.norm.scale": "input_layernorm.weight",
    "attention.query.weight": "cross_attn.q_proj.weight",
    "attention.key.weight": "cross_attn.k_proj.weight",
    "attention.value.weight": "cross_attn.v_proj.weight",
    "attention.output.weight": "cross_attn.o_proj.weight",
    "attention.queryNorm.scale": "cross_attn.q_layer_norm.weight",
    "attention.keyNorm.scale": "cross_attn.k_layer_norm.weight",
    "attentionGate.alpha": "alpha_cross_attn",
    "norm.scale": "post_attention_layernorm.weight",
    "feedForward.gate.weight": "mlp.gate_proj.weight",
    "feedForward.up.weight": "mlp.up_proj.weight",
    "feedForward.down.weight": "mlp.down_proj.weight",
    "denseGate.alpha": "alpha_dense",
  };
  const prefix = "model.gated_cross_attn_layers.";
  const origins = new Map(
    Array.from({ length: layers }, (_, j) =>
      Object.entries(names).map(([ours, theirs]): [string, WeightOrigin] => [`fusion.layers.${j}.${ours}`, { from: `${prefix}${j}.${theirs}` }]),
    ).flat(),
  );
  // Every attention of the authors' code makes them, also the one over pictures, which have no positions.
  return { origins, harmless: [{ prefix, ...frequencies(/^\d+\.cross_attn\.rotary_emb\.inv_freq$/, language) }] };
}
