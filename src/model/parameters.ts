import { parameterAttributes, type Tensor } from "../graph/graph.ts";

/** How many numbers the parameters hold together. Nothing is allocated. */
export function countParameters(parameters: Iterable<Tensor>): number {
  let total = 0;
  for (const tensor of parameters) total += parameterAttributes(tensor).shape.reduce((product, size) => product * size, 1);
  return total;
}
