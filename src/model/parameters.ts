import type { Weight } from "../nn/scope.ts";

/** How many numbers the weights hold together, whatever they are stored as. Nothing is allocated. */
export function countParameters(weights: Iterable<Weight>): number {
  let total = 0;
  for (const { shape } of weights) total += (shape as readonly number[]).reduce((product, size) => product * size, 1);
  return total;
}
