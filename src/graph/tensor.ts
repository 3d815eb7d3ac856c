import { canonicalDim, formatShape, type Shape } from "./dimension.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

export type DType = "float32" | "float16" | "int64" | "int32" | "uint8" | "int8" | "bool";

/** What is known of a value before it is computed. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A symbolic value: output number `index` of `node`. Nothing is allocated or computed. */
export interface Tensor extends TensorType {
  readonly node: Node;
  readonly index: number;
}

/** One application of an operator. Leaves (inputs, parameters, constants) are nodes without inputs. */
export interface Node {
  readonly operator: AnyOperator;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly outputs: readonly Tensor[];
}

/** An operator, defined once: its shape rule, its ONNX form and its derivative, side by side. */
export interface Operator<Attributes> {
  readonly name: string;
  /**
   * Vectors along the last axis are worked on one by one, so that the axes before it may be merged and split around the operator. Of its inputs those with one axis or none are the same for all
   * vectors; the results have the leading axes of the others.
   */
  readonly vectorwise?: true;
  /** Takes hardly longer than reading its inputs does: its result may be made a second time rather than kept for the backward pass. */
  readonly cheap?: true;
  /** Types of the outputs. Throws {@link ShapeError} when the inputs do not fit. */
  shape(inputs: readonly Tensor[], attributes: Attributes): readonly TensorType[];
  /** Writes the ONNX nodes that compute `outputs` from `inputs` (value names). */
  onnx(
    emitter: OnnxEmitter,
    node: { inputs: readonly Tensor[]; attributes: Attributes; outputs: readonly Tensor[] },
    inputs: readonly string[],
    outputs: readonly string[],
  ): void;
  /** Gradient of each input (`undefined`: none flows) from the gradients of the outputs (`undefined`: output not used). */
  gradient(
    node: { inputs: readonly Tensor[]; attributes: Attributes; outputs: readonly Tensor[] },
    outputGradients: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[];
}

// Attributes of a node were checked when `apply` made it; after that only its own operator reads them.
// biome-ignore lint/suspicious/noExplicitAny: the attribute type is existential here.
export type AnyOperator = Operator<any>;

/** Shapes that do not fit; the message names the operator, every shape and the parameter paths. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  constructor(operator: string, inputs: readonly Tensor[], problem: string) {
    super(`${operator}(${inputs.map(describe).join(", ")}): ${problem}`);
  }
}

/** `language.head.weight [4096, 256]` for a parameter, `tokens [batch, tokens]` for an input, else the shape alone. */
export function describe(tensor: Tensor): string {
  const leaf = nearestLeaf(tensor);
  const shape = formatShape(tensor.shape);
  return leaf === undefined ? shape : `${leaf} ${shape}`;
}

/** A reshaped or transposed weight is still that weight to whoever reads the error. */
function nearestLeaf(tensor: Tensor): string | undefined {
  let node = tensor.node;
  while (node.inputs.length === 1) node = node.inputs[0]!.node;
  const attributes = node.attributes as { path?: string; name?: string };
  return attributes.path ?? attributes.name;
}

/** Applies an operator, giving all its outputs. */
export function applyAll<Attributes>(operator: Operator<Attributes>, inputs: readonly Tensor[], attributes: Attributes): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node = { operator, inputs, attributes, outputs };
  operator.shape(inputs, attributes).forEach(({ dtype, shape }, index) => {
    outputs.push({ node, index, dtype, shape: shape.map(canonicalDim) });
  });
  return outputs;
}

/** Applies an operator that has one output (or whose first output is the one wanted). */
export function apply<Attributes>(operator: Operator<Attributes>, inputs: readonly Tensor[], attributes: Attributes): Tensor {
  return applyAll(operator, inputs, attributes)[0]!;
}

/** For operators whose result does not vary smoothly with any input. */
export const notDifferentiable = (): readonly undefined[] => [];

/** All nodes that `tensors` depend on, inputs before their users. */
export function topologicalOrder(tensors: Iterable<Tensor>): readonly Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: training graphs are deeper than the call stack allows.
  const stack: { node: Node; next: number }[] = [];
  for (const { node: root } of tensors) {
    if (seen.has(root)) continue;
    seen.add(root);
    stack.push({ node: root, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const input = top.node.inputs[top.next++];
      if (input === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(input.node)) {
        seen.add(input.node);
        stack.push({ node: input.node, next: 0 });
      }
    }
  }
  return order;
}

/**
 * The graph of `tensors` made anew, inputs before their users.
 * @param rewrite - is given a node and what stands for its inputs, and gives a tensor for each of its outputs
 * @returns what stands for `tensors`, in the same order
 */
export function rewriteGraph(tensors: readonly Tensor[], rewrite: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[]): readonly Tensor[] {
  const replacement = new Map<Tensor, Tensor>();
  for (const node of topologicalOrder(tensors)) {
    const results = rewrite(
      node,
      node.inputs.map((tensor) => replacement.get(tensor)!),
    );
    node.outputs.forEach((output, i) => void replacement.set(output, results[i]!));
  }
  return tensors.map((tensor) => replacement.get(tensor)!);
}
