import { type GradientOptions, gradients, type Tensor, topologicalOrder } from "../graph/graph.ts";

/**
 * What a training step's graph gives: `loss`, and `gradient.{path}` of every weight that is trained, in the order in which the weights are read on the way to the loss. ONNX Runtime computes what comes
 * last first: then what a block's gradients are made of is let go of before the block below is looked at.
 */
export function lossAndGradients(
  loss: Tensor,
  trained: Iterable<readonly [path: string, weight: Tensor]>,
  options?: GradientOptions,
): Readonly<Record<string, Tensor>> {
  const read = new Map(topologicalOrder([loss]).map((node, i) => [node, i]));
  const place = (weight: Tensor): number => read.get(weight.node) ?? -1;
  const weights = [...trained].sort(([, a], [, b]) => place(a) - place(b));
  const derivatives = gradients(
    loss,
    weights.map(([, weight]) => weight),
    options,
  );
  return { loss, ...Object.fromEntries(weights.map(([path], i) => [`gradient.${path}`, derivatives[i]!])) };
}
