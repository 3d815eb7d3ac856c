import { sameShape } from "./dimension.ts";
import { addOperator } from "./operators/elementwise.ts";
import { productOperator } from "./operators/product.ts";
import { applyAll, type Node, type Tensor, topologicalOrder } from "./tensor.ts";

/** Sums of which one side is a product of matrices that nothing else reads become one operator, which ONNX Runtime begins with the sum's other side. */
export function withAddends(outputs: readonly Tensor[]): readonly Tensor[] {
  const order = topologicalOrder(outputs);
  const uses = new Map<Tensor, number>();
  for (const tensor of [...order.flatMap(({ inputs }) => inputs), ...outputs]) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  const replacement = new Map<Tensor, Tensor>();
  for (const node of order) {
    const taken = node.operator === addOperator ? productOf(node, uses) : undefined;
    const now = (tensor: Tensor): Tensor => replacement.get(tensor)!;
    let results: readonly Tensor[];
    if (taken === undefined) {
      const inputs = node.inputs.map(now);
      results = inputs.every((tensor, i) => tensor === node.inputs[i]) ? node.outputs : applyAll(node.operator, inputs, node.attributes);
    } else {
      const { product, addend } = taken;
      results = applyAll(productOperator, [...product.node.inputs, addend].map(now), product.node.attributes as { transposeA: boolean; transposeB: boolean });
    }
    node.outputs.forEach((output, i) => void replacement.set(output, results[i]!));
  }
  return outputs.map((tensor) => replacement.get(tensor)!);
}

function productOf({ inputs, outputs: [sum] }: Node, uses: ReadonlyMap<Tensor, number>): { readonly product: Tensor; readonly addend: Tensor } | undefined {
  const [a, b] = inputs as readonly [Tensor, Tensor];
  return [
    { product: a, addend: b },
    { product: b, addend: a },
  ].find(
    ({ product: { node, shape, ...product }, addend }) =>
      node.operator === productOperator &&
      node.inputs.length === 2 &&
      shape.length === 2 &&
      sameShape(shape, sum!.shape) &&
      uses.get(node.outputs[product.index]!) === 1 &&
      (sameShape(addend.shape, shape) || sameShape(addend.shape, shape.slice(1))),
  );
}
