import { add, concat, equal, filled, iota, matmul, multiply, reshape, slice, subtractDims, type Tensor, where } from "../../graph/graph.ts";

/**
 * Attention rollout (Abnar and Zuidema, 2020): what each latent is made of after all layers. Every layer passes on what stood at a position and what the position attended to in equal parts,
 * `½·I + ½·weights`, which stands for the residual connection. The product of these matrices leads from the latents back to what went in. In a Perceiver the features go into every layer as they are,
 * so that their rows are those of the identity.
 *
 * Rows sum to 1: the features' positions and, last, the learnt latents themselves, which hold nothing of a medium.
 * @param layers - weights of each layer in order, averaged over heads: [media, queries, positions+latents], the queries being the latents, or everything
 * @returns [media, latents, positions+latents]
 */
export function rollout(layers: readonly Tensor[], latents: number): Tensor {
  const all = layers[0]!.shape[2]!;
  const positions = subtractDims(all, latents);
  const index = iota(latents);
  const identity = where(equal(reshape(index, [1, latents, 1]), reshape(index, [1, 1, latents])), 1, 0);
  const begin = concat([filled(0, [1, latents, positions]), identity], 2); // [1, latents, positions+latents]
  return layers.reduceRight((origin, weights) => {
    if (weights.shape[1] !== latents) return add(multiply(matmul(origin, weights), 0.5), multiply(origin, 0.5));
    const ofLatents = slice(origin, 2, positions, all);
    return add(multiply(matmul(ofLatents, weights), 0.5), concat([slice(origin, 2, 0, positions), multiply(ofLatents, 0.5)], 2));
  }, begin);
}
