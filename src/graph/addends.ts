import { sameShape } from "./dimension.ts";
import { addOperator } from "./operators/elementwise.ts";
import { productOperator } from "./operators/product.ts";
import { applyAll, type Node, rewriteGraph, type Tensor, topologicalOrder } from "./tensor.ts";

/** Sums of which one side is a product of matrices that nothing else reads become one operator, which ONNX Runtime begins with the sum's other side. */
export function withAddends(outputs: readonly Tensor[]): readonly Tensor[] {
  const uses = new Map<Tensor, number>();
  for (const tensor of [...topologicalOrder(outputs).flatMap(({ inputs }) => inputs), ...outputs]) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  return rewriteGraph(outputs, (node, inputs) => {
    const side = node.operator === addOperator ? [0, 1].find((i) => takesAddend(node, i, uses)) : undefined;
    if (side !== undefined) {
      const { operator, inputs: factors, attributes } = inputs[side]!.node;
      return applyAll(operator, [...factors, inputs[1 - side]!], attributes);
    }
    return inputs.every((tensor, i) => tensor === node.inputs[i]) ? node.outputs : applyAll(node.operator, inputs, node.attributes);
  });
}

/** Whether operand `side` of a sum is a product that the other operand can become part of. */
function takesAddend({ inputs, outputs: [sum] }: Node, side: number, uses: ReadonlyMap<Tensor, number>): boolean {
  const [product, addend] = [inputs[side]!, inputs[1 - side]!];
  const { operator, inputs: factors } = product.node;
  return (
    operator === productOperator &&
    factors.length === 2 &&
    product.shape.length === 2 &&
    sameShape(product.shape, sum!.shape) &&
    uses.get(product) === 1 &&
    (sameShape(addend.shape, product.shape) || sameShape(addend.shape, product.shape.slice(1)))
  );
}
