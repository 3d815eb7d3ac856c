import { type Shape, sameShape } from "./dimension.ts";
import { blockEndOperator } from "./operators/block-end.ts";
import { stopGradientOperator } from "./operators/elementwise.ts";
import { reshapeOperator, transposeOperator } from "./operators/layout.ts";
import { productOperator } from "./operators/product.ts";
import type { AnyOperator, Node, Tensor } from "./tensor.ts";

/** The results of an operator, the same ones however often they are asked for. */
export type Apply = (operator: AnyOperator, inputs: readonly Tensor[], attributes: unknown) => readonly Tensor[];

/**
 * What `node` computes of `inputs`, in its shortest form: a reshape of a reshape is one reshape, two transposes are one or none, a transpose of the last two axes goes into the product that reads
 * it, and reshapes go behind what works vector by vector, where they meet others. The ends of blocks, and where no gradient flows, are only of interest while derivatives are made.
 * @returns a tensor for each output of the node
 */
export function rewrite(node: Node, inputs: readonly Tensor[], apply: Apply): readonly Tensor[] {
  const { operator, attributes } = node;
  if (operator === blockEndOperator || operator === stopGradientOperator) return inputs;
  if (operator === reshapeOperator) return [reshaped(inputs[0]!, (attributes as { shape: Shape }).shape, apply)];
  if (operator === transposeOperator) return [transposed(inputs[0]!, (attributes as { permutation: readonly number[] }).permutation, apply)];
  if (operator === productOperator) return product(inputs, attributes as { transposeA: boolean; transposeB: boolean }, apply);
  return (operator.vectorwise === true ? vectorwise(node, inputs, apply) : undefined) ?? apply(operator, inputs, attributes);
}

function reshaped(x: Tensor, shape: Shape, apply: Apply): Tensor {
  const source = x.node.operator === reshapeOperator ? x.node.inputs[0]! : x;
  return sameShape(source.shape, shape) ? source : apply(reshapeOperator, [source], { shape })[0]!;
}

function transposed(x: Tensor, permutation: readonly number[], apply: Apply): Tensor {
  if (x.node.operator !== transposeOperator) return apply(transposeOperator, [x], { permutation })[0]!;
  const inner = (x.node.attributes as { permutation: readonly number[] }).permutation;
  const joined = permutation.map((axis) => inner[axis]!);
  return joined.every((axis, i) => axis === i) ? x.node.inputs[0]! : apply(transposeOperator, [x.node.inputs[0]!], { permutation: joined })[0]!;
}

function product(
  [left, right, ...addend]: readonly Tensor[],
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
  apply: Apply,
): readonly Tensor[] {
  const [a, swapA] = unswapped(left!);
  const [b, swapB] = unswapped(right!);
  return apply(productOperator, [a, b, ...addend], { transposeA: transposeA !== swapA, transposeB: transposeB !== swapB });
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

/** The operator before the reshape instead of after it, where an input is one that leaves vectors whole. */
function vectorwise(node: Node, inputs: readonly Tensor[], apply: Apply): readonly Tensor[] | undefined {
  const { shape } = node.outputs[0]!;
  const whole = inputs.find((tensor) => tensor.node.operator === reshapeOperator && sameShape(tensor.shape, shape) && keepsVectors(tensor));
  const fits = ({ shape: own }: Tensor): boolean => own.length <= 1 || sameShape(own, shape);
  if (whole === undefined || !inputs.every(fits)) return undefined;
  const before = whole.node.inputs[0]!.shape;
  const results = apply(
    node.operator,
    inputs.map((tensor) => (tensor.shape.length <= 1 ? tensor : reshaped(tensor, before, apply))),
    node.attributes,
  );
  return results.map((result, i) => reshaped(result, node.outputs[i]!.shape, apply));
}

function keepsVectors({ shape, node: { inputs } }: Tensor): boolean {
  const before = inputs[0]!.shape;
  return before.length > 1 && shape.length > 1 && before.at(-1) === shape.at(-1);
}
