import { sameShape } from "./dimension.ts";
import { reshapeOperator, transposeOperator } from "./operators/layout.ts";
import { productOperator } from "./operators/product.ts";
import { type AnyOperator, applyAll, type Node, type Tensor, topologicalOrder } from "./tensor.ts";

/**
 * The same values by less work. Equal expressions are computed once, a reshape of a reshape is one reshape, two transposes are one or none,
 * and a transpose of the last two axes goes into the product that reads it. ONNX Runtime folds constants itself; what it cannot see is
 * that reverse mode builds the same expression twice under different names.
 * @returns tensors equal to `outputs`, in the same order
 */
export function simplify(outputs: readonly Tensor[]): readonly Tensor[] {
  const replacement = new Map<Tensor, Tensor>();
  const known = new Map<string, Node>();
  const identity = new Map<Node, number>();
  for (const node of topologicalOrder(outputs)) {
    const inputs = node.inputs.map((tensor) => replacement.get(tensor)!);
    const rewritten = rewrite(node.operator, inputs, node.attributes);
    if ("tensor" in rewritten) {
      replacement.set(node.outputs[0]!, rewritten.tensor);
      continue;
    }
    const key = expressionKey(rewritten.operator, rewritten.inputs, rewritten.attributes, identity);
    let shared = known.get(key);
    if (shared === undefined) {
      const unchanged = rewritten.operator === node.operator && rewritten.inputs.every((tensor, i) => tensor === node.inputs[i]);
      shared = unchanged ? node : applyAll(rewritten.operator, rewritten.inputs, rewritten.attributes)[0]!.node;
      known.set(key, shared);
      identity.set(shared, identity.size);
    }
    node.outputs.forEach((output, i) => replacement.set(output, shared.outputs[i]!));
  }
  return outputs.map((tensor) => replacement.get(tensor)!);
}

function expressionKey(operator: AnyOperator, inputs: readonly Tensor[], attributes: unknown, identity: ReadonlyMap<Node, number>): string {
  const operands = inputs.map(({ node, index }) => `${identity.get(node)}.${index}`);
  return `${operator.name}(${operands.join()})${JSON.stringify(attributes)}`;
}

interface Application {
  readonly operator: AnyOperator;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
}

function rewrite(operator: AnyOperator, inputs: readonly Tensor[], attributes: unknown): Application | { tensor: Tensor } {
  if (operator === reshapeOperator) return rewriteReshape(inputs[0]!, attributes as { shape: Tensor["shape"] });
  if (operator === transposeOperator) return rewriteTranspose(inputs[0]!, attributes as { permutation: readonly number[] });
  if (operator === productOperator) return rewriteProduct(inputs, attributes as { transposeA: boolean; transposeB: boolean });
  return { operator, inputs, attributes };
}

function rewriteReshape(x: Tensor, attributes: { shape: Tensor["shape"] }): Application | { tensor: Tensor } {
  const source = x.node.operator === reshapeOperator ? x.node.inputs[0]! : x;
  return sameShape(source.shape, attributes.shape) ? { tensor: source } : { operator: reshapeOperator, inputs: [source], attributes };
}

function rewriteTranspose(x: Tensor, attributes: { permutation: readonly number[] }): Application | { tensor: Tensor } {
  if (x.node.operator !== transposeOperator) return { operator: transposeOperator, inputs: [x], attributes };
  const inner = (x.node.attributes as { permutation: readonly number[] }).permutation;
  const permutation = attributes.permutation.map((axis) => inner[axis]!);
  if (permutation.every((axis, i) => axis === i)) return { tensor: x.node.inputs[0]! };
  return { operator: transposeOperator, inputs: [x.node.inputs[0]!], attributes: { permutation } };
}

function rewriteProduct(inputs: readonly Tensor[], { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean }): Application {
  const [a, swapA] = unswapped(inputs[0]!);
  const [b, swapB] = unswapped(inputs[1]!);
  return { operator: productOperator, inputs: [a, b], attributes: { transposeA: transposeA !== swapA, transposeB: transposeB !== swapB } };
}

/** A tensor whose last two axes were swapped, as it was before, and whether it was. */
function unswapped(tensor: Tensor): readonly [Tensor, boolean] {
  const { operator, inputs, attributes } = tensor.node;
  if (operator !== transposeOperator) return [tensor, false];
  const { permutation } = attributes as { permutation: readonly number[] };
  const rank = permutation.length;
  const swapsLast = permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
  return swapsLast ? [inputs[0]!, true] : [tensor, false];
}
