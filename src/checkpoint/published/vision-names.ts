/** What the maps of vision towers' published names are made with. */
import type { PublishedShapes } from "./published-model.ts";
import { exactly, type Harmless, type WeightMap, type WeightOrigin } from "./weight-map.ts";

export type Put = (path: string, from: string, rest?: Partial<WeightOrigin>) => void;

/**
 * @param prefix - what the published names begin with
 * @param harmless - of the tower itself, with names after that prefix
 */
export function visionMap(prefix: string, fill: (put: Put) => void, harmless: readonly Omit<Harmless, "prefix">[]): WeightMap {
  const origins = new Map<string, WeightOrigin>();
  fill((path, from, rest = {}) => void origins.set(`vision.${path}`, { from: prefix + from, ...rest }));
  return { origins, harmless: harmless.map((each) => ({ prefix, ...each })) };
}

/** Features may be taken before the norm that follows the layers. */
export function unusedNorm(name: string): Omit<Harmless, "prefix"> {
  return { names: exactly(`${name}.weight`, `${name}.bias`), what: "the norm after the layers, before which features are taken" };
}

/** What is beside the image tower in transformers' CLIP and SigLIP, none of which makes features. @param prefix - what their names begin with */
export function besideTower(prefix = ""): WeightMap {
  return {
    origins: new Map(),
    harmless: [
      { prefix, names: /^text_model\./, what: "the text tower" },
      { prefix, names: exactly("text_projection.weight", "visual_projection.weight", "logit_scale", "logit_bias"), what: "what compares pictures with texts" },
      { prefix, names: exactly("classifier.weight", "classifier.bias"), what: "the head of a classifier" },
    ],
  };
}

/**
 * What the names of a tower of transformers begin with: saved alone by transformers 5 (5.24 at the latest) it is called nothing.
 * @param prefix - what all names begin with
 */
export function towerPrefix(published: PublishedShapes, prefix = ""): string {
  const within = `${prefix}vision_model.`;
  const patches = "embeddings.patch_embedding.weight";
  return !published.has(within + patches) && published.has(prefix + patches) ? prefix : within;
}

export function layerWithBias(put: Put, path: string, from: string): void {
  put(`${path}.weight`, `${from}.weight`);
  put(`${path}.bias`, `${from}.bias`);
}

export function norm(put: Put, path: string, from: string): void {
  put(`${path}.scale`, `${from}.weight`);
  put(`${path}.bias`, `${from}.bias`);
}

/** The encoder of transformers' CLIP and SigLIP. */
export function transformersLayers(put: Put, layers: number): void {
  for (let i = 0; i < layers; i++) {
    const [ours, theirs] = [`layers.${i}`, `encoder.layers.${i}`];
    for (const [layer, name] of [
      ["query", "q_proj"],
      ["key", "k_proj"],
      ["value", "v_proj"],
      ["output", "out_proj"],
    ] as const)
      layerWithBias(put, `${ours}.attention.${layer}`, `${theirs}.self_attn.${name}`);
    norm(put, `${ours}.attentionNorm`, `${theirs}.layer_norm1`);
    norm(put, `${ours}.feedForwardNorm`, `${theirs}.layer_norm2`);
    layerWithBias(put, `${ours}.feedForward.up`, `${theirs}.mlp.fc1`);
    layerWithBias(put, `${ours}.feedForward.down`, `${theirs}.mlp.fc2`);
  }
}

/** The gate above what it gates, in one layer. */
export function gateAndUp(put: Put, path: string, from: string, hidden: number): void {
  (["gate", "up"] as const).forEach((layer, which) => {
    const part = { axis: 0, start: which * hidden, end: (which + 1) * hidden };
    for (const kind of ["weight", "bias"]) put(`${path}.${layer}.${kind}`, `${from}.${kind}`, { part });
  });
}

/** Queries, keys and values below each other in one layer. */
export function queryKeyValue(put: Put, path: string, from: { readonly weight: string; readonly bias: string }, width: number): void {
  (["query", "key", "value"] as const).forEach((layer, which) => {
    const part = { axis: 0, start: which * width, end: (which + 1) * width };
    for (const kind of ["weight", "bias"] as const) put(`${path}.${layer}.${kind}`, from[kind], { part });
  });
}
