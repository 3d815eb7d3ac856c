/** What the backward pass makes again because that is cheaper than keeping it. */
import { deferred } from "./operators/deferred.ts";
import { isLeaf, nodesThatVary } from "./recomputation.ts";
import { applyAll, type Node, type Tensor, topologicalOrder } from "./tensor.ts";

/**
 * The result of a cheap operator is not kept where the backward pass reads all that it is made of anyway: of a product and the activation behind it the product is kept, and the activation is computed
 * twice. Nothing else is kept in its place and no product is computed again.
 * @param derivatives - of a loss
 * @param forward - all nodes of that loss, inputs before their users
 * @param gradients - by which the derivatives were found: what is made again waits for one of them
 * @returns tensors equal to `derivatives`, in the same order
 */
export function rematerialised(derivatives: readonly Tensor[], forward: readonly Node[], gradients: Iterable<Tensor>): readonly Tensor[] {
  const kept = new Set(forward);
  const backward = topologicalOrder(derivatives).filter((node) => !kept.has(node));
  const late = lateNodes(backward, new Set(gradients));
  const varying = nodesThatVary(forward);
  const again = madeAgain(forward, varying, firstReads(backward, late), arrivals(backward, late));

  const results = new Map<Node, readonly Tensor[]>();
  const deferrals = new Map<Tensor, Map<Tensor, Tensor>>();
  const read = (tensor: Tensor): Tensor => (kept.has(tensor.node) && !again.has(tensor.node) ? tensor : resultsOf(tensor.node)[tensor.index]!);
  const resultsOf = (node: Node): readonly Tensor[] => {
    const known = results.get(node);
    if (known !== undefined) return known;
    const arrival = again.get(node);
    const inputs = node.inputs.map((tensor) => (arrival === undefined || again.has(tensor.node) ? read(tensor) : awaited(tensor, arrival)));
    const made = inputs.every((tensor, i) => tensor === node.inputs[i]) ? node.outputs : applyAll(node.operator, inputs, node.attributes);
    results.set(node, made);
    return made;
  };
  /** What is kept, known to its reader no earlier than a gradient: else equal expressions would be computed once, and kept. */
  const awaited = (tensor: Tensor, arrival: Tensor): Tensor => {
    if (!varying.has(tensor.node)) return tensor;
    const known = deferrals.get(arrival) ?? new Map<Tensor, Tensor>();
    const deferral = known.get(tensor) ?? deferred(tensor, read(arrival));
    deferrals.set(arrival, known.set(tensor, deferral));
    return deferral;
  };
  // In their order, so that whatever waits for one of them finds it, and no call goes deep.
  for (const node of backward) if (late.has(node)) resultsOf(node);
  return derivatives.map(read);
}

/** Those that cannot be computed before the backward pass has come to them; the others are made of what the forward pass gives. */
function lateNodes(backward: readonly Node[], gradients: ReadonlySet<Tensor>): ReadonlySet<Node> {
  const late = new Set<Node>();
  for (const node of backward) {
    if (node.outputs.some((output) => gradients.has(output)) || node.inputs.some((tensor) => late.has(tensor.node))) late.add(node);
  }
  return late;
}

/** For each place in `backward` something that is there by then and could not be there long before, and can be waited for. */
function arrivals(backward: readonly Node[], late: ReadonlySet<Node>): readonly (Tensor | undefined)[] {
  const awaitable = ({ node, shape }: Tensor): boolean => late.has(node) && typeof shape[0] === "string";
  let last: Tensor | undefined;
  return backward.map((node) => {
    const arrival = node.inputs.find(awaitable) ?? last;
    last = node.outputs.find(awaitable) ?? last;
    return arrival;
  });
}

/** The first place in `backward` that cannot do without a node's result; -1 where it is part of a derivative that waits for no gradient. */
function firstReads(backward: readonly Node[], late: ReadonlySet<Node>): Map<Node, number> {
  const first = new Map<Node, number>();
  for (const [i, node] of [...backward.entries()].reverse()) {
    const place = late.has(node) ? i : (first.get(node) ?? -1);
    for (const { node: before } of node.inputs) if (!late.has(before)) first.set(before, Math.min(place, first.get(before) ?? place));
  }
  return first;
}

/** The nodes of the forward pass whose results are not kept, and what each of them waits for. */
function madeAgain(
  forward: readonly Node[],
  varying: ReadonlySet<Node>,
  reads: Map<Node, number>,
  arrivals: readonly (Tensor | undefined)[],
): ReadonlyMap<Node, Tensor> {
  const readable = new Set<Node>();
  const madeOfReadable = ({ inputs }: Node): boolean => inputs.every(({ node }) => readable.has(node));
  for (const node of forward) {
    if (isLeaf(node) || !varying.has(node) || reads.has(node) || (node.operator.cheap === true && madeOfReadable(node))) readable.add(node);
  }
  const again = new Map<Node, Tensor>();
  for (const node of [...forward].reverse()) {
    const place = reads.get(node);
    const arrival = place === undefined ? undefined : arrivals[place];
    if (arrival === undefined || node.operator.cheap !== true || !varying.has(node) || !madeOfReadable(node)) continue;
    again.set(node, arrival);
    for (const { node: before } of node.inputs) reads.set(before, Math.min(place!, reads.get(before) ?? place!));
  }
  return again;
}
