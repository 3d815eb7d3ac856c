import { constant } from "./leaves.ts";
import { add } from "./operators/elementwise.ts";
import { filled } from "./operators/indexing.ts";
import { expand } from "./operators/layout.ts";
import { recomputation } from "./recomputation.ts";
import { rematerialised } from "./rematerialisation.ts";
import { describe, type Node, type Tensor, topologicalOrder } from "./tensor.ts";

export interface GradientOptions {
  /**
   * Whether the backward pass computes again all that lies between the ends of blocks (`blockEnd`), in the place of keeping it: about a third more arithmetic, and the memory of one block in the place of
   * all. Default: false; then it is what costs next to nothing (`rematerialisation.ts`).
   */
  readonly recompute?: boolean;
}

/**
 * Reverse-mode derivative. The result is a graph of the same operators.
 * @param loss - a float tensor with one element
 * @param tensors - what to differentiate with respect to (parameters, inputs or anything between)
 * @returns for each tensor its gradient, of the tensor's own shape; zeros where the loss does not depend on it
 */
export function gradients(loss: Tensor, tensors: readonly Tensor[], { recompute = false }: GradientOptions = {}): readonly Tensor[] {
  if (loss.shape.some((dim) => dim !== 1)) throw new Error(`gradients: the loss must be one number, found ${describe(loss)}`);
  const all = topologicalOrder([loss]);
  const { order, again } = recompute ? recomputation(all) : { order: all, again: (node: Node) => node };
  const wanted = nodesLeadingTo(order, tensors);
  const known = new Map<Tensor, Tensor>([[loss, expand(constant(1), loss.shape)]]);
  for (const node of [...order].reverse()) {
    if (!wanted.has(node)) continue;
    const outputGradients = node.outputs.map((output) => known.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const read = again(node, (tensor) => known.get(tensor));
    node.operator.gradient(read, outputGradients).forEach((gradient, i) => {
      const tensor = node.inputs[i]!;
      if (gradient === undefined || !wanted.has(tensor.node)) return;
      const earlier = known.get(tensor);
      known.set(tensor, earlier === undefined ? gradient : add(earlier, gradient));
    });
  }
  const derivatives = tensors.map((tensor) => known.get(tensor) ?? filled(0, tensor.shape));
  return recompute ? derivatives : rematerialised(derivatives, all, known.values());
}

/** Nodes through which the loss depends on one of `tensors`: gradients of all others (frozen parts) are never built. */
function nodesLeadingTo(order: readonly Node[], tensors: readonly Tensor[]): ReadonlySet<Node> {
  const wanted = new Set(tensors.map(({ node }) => node));
  for (const node of order) {
    if (node.inputs.some((tensor) => wanted.has(tensor.node))) wanted.add(node);
  }
  return wanted;
}
