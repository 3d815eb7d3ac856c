import { withAddends } from "./addends.ts";
import { type Apply, rewrite } from "./rewrite.ts";
import { type AnyOperator, applyAll, type Node, rewriteGraph, type Tensor } from "./tensor.ts";

/**
 * The same values by less work. Equal expressions are computed once, each operator is written in its shortest form (`rewrite.ts`), and sums go into the products that they add to
 * (`addends.ts`). ONNX Runtime folds constants itself; what it cannot see is that reverse mode builds the same expression twice under different names.
 * @returns tensors equal to `outputs`, in the same order
 */
export function simplify(outputs: readonly Tensor[]): readonly Tensor[] {
  return withAddends(shortened(outputs));
}

function shortened(outputs: readonly Tensor[]): readonly Tensor[] {
  const known = new Map<string, Node>();
  const identity = new Map<Node, number>();
  const applyOnce: Apply = (operator, inputs, attributes) => {
    const key = expressionKey(operator, inputs, attributes, identity);
    let node = known.get(key);
    if (node === undefined) {
      node = applyAll(operator, inputs, attributes)[0]!.node;
      known.set(key, node);
      identity.set(node, identity.size);
    }
    return node.outputs;
  };
  return rewriteGraph(outputs, (node, inputs) => rewrite(node, inputs, applyOnce));
}

function expressionKey(operator: AnyOperator, inputs: readonly Tensor[], attributes: unknown, identity: ReadonlyMap<Node, number>): string {
  const operands = inputs.map(({ node, index }) => `${identity.get(node)}.${index}`);
  return `${operator.name}(${operands.join()})${JSON.stringify(attributes)}`;
}
