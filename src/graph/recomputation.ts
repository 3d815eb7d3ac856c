/** Gradient checkpointing (Chen et al., 2016): the backward pass computes a block's intermediate results again, so that no more than one block's are there at a time. */
import { constantOperator, inputOperator, parameterOperator } from "./leaves.ts";
import { blockEndOperator } from "./operators/block-end.ts";
import { deferred } from "./operators/deferred.ts";
import { applyAll, type Node, type Tensor } from "./tensor.ts";

export interface Recomputation {
  /** The nodes, inputs before their users, those of a block together. */
  readonly order: readonly Node[];
  /**
   * The node whose inputs and outputs a derivative shall read: the same expression over values that are computed when the gradient arrives.
   * @param gradientOf - the gradients known by now, which are all those that come from later blocks
   */
  again(node: Node, gradientOf: (tensor: Tensor) => Tensor | undefined): Node;
}

/**
 * Each node belongs to the first block whose end depends on it. What comes after the last end is read as soon as it is there, and stays as it is.
 * @param order - all nodes of a loss, inputs before their users
 */
export function recomputation(order: readonly Node[]): Recomputation {
  const blocks = blocksOf(order);
  const members = Map.groupBy(order, (node) => blocks.get(node)!);
  const varying = nodesThatVary(order);
  const copies = new Map<number, ReadonlyMap<Node, Node>>();
  return {
    order: [...members].sort(([a], [b]) => a - b).flatMap(([, nodes]) => nodes),
    again(node, gradientOf) {
      const block = blocks.get(node)!;
      if (block === Number.POSITIVE_INFINITY) return node;
      let copied = copies.get(block);
      if (copied === undefined) {
        const nodes = members.get(block)!;
        copied = copiesOf(nodes, varying, awaited(nodes, node, gradientOf));
        copies.set(block, copied);
      }
      return copied.get(node) ?? node;
    },
  };
}

/** The number of each node's block; infinite after the last one. */
function blocksOf(order: readonly Node[]): ReadonlyMap<Node, number> {
  const ends = new Map(order.filter(({ operator }) => operator === blockEndOperator).map((node, i) => [node, i]));
  const blocks = new Map<Node, number>();
  for (const node of [...order].reverse()) {
    const block = ends.get(node) ?? blocks.get(node) ?? Number.POSITIVE_INFINITY;
    blocks.set(node, block);
    for (const { node: before } of node.inputs) blocks.set(before, Math.min(block, blocks.get(before) ?? Number.POSITIVE_INFINITY));
  }
  return blocks;
}

/** Those that depend on what is fed. What is made of weights and constants alone is no larger than these, and is computed once. */
export function nodesThatVary(order: readonly Node[]): ReadonlySet<Node> {
  const varying = new Set<Node>();
  for (const node of order) if (node.operator === inputOperator || node.inputs.some((tensor) => varying.has(tensor.node))) varying.add(node);
  return varying;
}

/** The gradient of the block's end where one has arrived, else the one that `node` has. */
function awaited(nodes: readonly Node[], node: Node, gradientOf: (tensor: Tensor) => Tensor | undefined): Tensor {
  const ends = nodes.filter(({ operator }) => operator === blockEndOperator);
  return [...ends, node].flatMap(({ outputs }) => outputs.map(gradientOf)).find((gradient) => gradient !== undefined)!;
}

/** The block once more, reading what other blocks gave it no earlier than when `after` is there: else equal expressions would be computed once, and kept. */
function copiesOf(nodes: readonly Node[], varying: ReadonlySet<Node>, after: Tensor): ReadonlyMap<Node, Node> {
  const copies = new Map<Node, Node>();
  const waiting = new Map<Tensor, Tensor>();
  const copy = (tensor: Tensor): Tensor => {
    const copied = copies.get(tensor.node);
    if (copied !== undefined) return copied.outputs[tensor.index]!;
    if (!varying.has(tensor.node)) return tensor;
    const deferral = waiting.get(tensor) ?? deferred(tensor, after);
    waiting.set(tensor, deferral);
    return deferral;
  };
  for (const node of nodes) {
    if (!varying.has(node) || isLeaf(node)) continue;
    copies.set(node, applyAll(node.operator, node.inputs.map(copy), node.attributes)[0]!.node);
  }
  return copies;
}

export function isLeaf({ operator }: Node): boolean {
  return operator === inputOperator || operator === parameterOperator || operator === constantOperator;
}
