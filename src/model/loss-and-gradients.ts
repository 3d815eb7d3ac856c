import { gradients, type Tensor } from "../graph/graph.ts";

/** What a training step's graph gives: `loss`, and `gradient.{path}` of every weight that is trained. */
export function lossAndGradients(loss: Tensor, trained: Iterable<readonly [path: string, weight: Tensor]>): Readonly<Record<string, Tensor>> {
  const weights = [...trained];
  const derivatives = gradients(
    loss,
    weights.map(([, weight]) => weight),
  );
  return { loss, ...Object.fromEntries(weights.map(([path], i) => [`gradient.${path}`, derivatives[i]!])) };
}
