import type { WeightMap, WeightOrigin } from "./weight-map.ts";

export interface OpenFlamingoTrained {
  /** Of the resampler. */
  readonly layers: number;
  /** Rows of each of keys and values, which lie below each other in one matrix. */
  readonly inner: { readonly resampler: number; readonly fusion: number };
  /** What the names of each fusion layer begin with. */
  readonly fusion: readonly string[];
}

/** Where the weights of resampler and fusion layers are in a checkpoint of OpenFlamingo. */
export function openFlamingoTrainedWeights({ layers, inner, fusion }: OpenFlamingoTrained): WeightMap {
  const map = new Map<string, WeightOrigin>();
  const put = (path: string, from: string, rest: Partial<WeightOrigin> = {}): void => void map.set(path, { from, ...rest });
  const norm = (path: string, from: string): void => {
    put(`${path}.scale`, `${from}.weight`);
    put(`${path}.bias`, `${from}.bias`);
  };
  const attention = (path: string, from: string, inner: number): void => {
    put(`${path}.query.weight`, `${from}.to_q.weight`);
    put(`${path}.key.weight`, `${from}.to_kv.weight`, { part: { axis: 0, start: 0, end: inner } });
    put(`${path}.value.weight`, `${from}.to_kv.weight`, { part: { axis: 0, start: inner, end: 2 * inner } });
    put(`${path}.output.weight`, `${from}.to_out.weight`);
  };
  /** A norm, a matrix, the activation, which has no weights, and another matrix. */
  const feedForward = (path: string, from: string): void => {
    norm(`${path}.norm`, `${from}.0`);
    put(`${path}.feedForward.up.weight`, `${from}.1.weight`);
    put(`${path}.feedForward.down.weight`, `${from}.3.weight`);
  };
  put("resampler.latents", "perceiver.latents");
  put("resampler.input.time.weight", "perceiver.frame_embs");
  norm("resampler.norm", "perceiver.norm");
  for (let i = 0; i < layers; i++) {
    const [ours, theirs] = [`resampler.layers.${i}`, `perceiver.layers.${i}`];
    norm(`${ours}.attention.mediaNorm`, `${theirs}.0.norm_media`);
    norm(`${ours}.attention.latentsNorm`, `${theirs}.0.norm_latents`);
    attention(`${ours}.attention`, `${theirs}.0`, inner.resampler);
    feedForward(ours, `${theirs}.1`);
  }
  fusion.forEach((theirs, j) => {
    const ours = `fusion.layers.${j}`;
    norm(`${ours}.attention.norm`, `${theirs}.attn.norm`);
    attention(`${ours}.attention`, `${theirs}.attn`, inner.fusion);
    put(`${ours}.attentionGate.alpha`, `${theirs}.attn_gate`);
    feedForward(ours, `${theirs}.ff`);
    put(`${ours}.denseGate.alpha`, `${theirs}.ff_gate`);
  });
  return { origins: map, harmless: [] };
}
