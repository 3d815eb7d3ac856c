import type { Initialiser } from "../../graph/graph.ts";
import { normal } from "../../nn/initialisers.ts";

/**
 * Of the matrices that write into the residual stream: every block adds two of them, so that they begin smaller by `√(2·blocks)` and the
 * stream's variance does not grow with depth (GPT-2).
 */
export function outputInitialiser(inputs: number, { blocks }: { readonly blocks: number }): Initialiser {
  return normal(1 / Math.sqrt(2 * blocks * inputs));
}
