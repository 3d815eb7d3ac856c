/** What the maps of vision towers' published names are made with. */
import type { WeightMap, WeightOrigin } from "./weight-map.ts";

export type Put = (path: string, from: string, rest?: Partial<WeightOrigin>) => void;

/** @param prefix - what the published names begin with */
export function visionMap(prefix: string, fill: (put: Put) => void): WeightMap {
  const map = new Map<string, WeightOrigin>();
  fill((path, from, rest = {}) => void map.set(`vision.${path}`, { from: prefix + from, ...rest }));
  return map;
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
