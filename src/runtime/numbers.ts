import { RuntimeError } from "./errors.ts";
import type { HostTensor, WeightTensor } from "./host-tensor.ts";

/** What floats that a graph gives may be: all of them finite; or scores, where -Infinity is the logarithm of a probability of 0. */
export type NumberRule = "finite" | "scores";

/** Whether NaN or an Infinity that the rule does not allow is among them. One pass over the values, without a function call for each: it is done for every token. */
export function holdsNoNumbers({ data }: Pick<HostTensor, "data">, rule: NumberRule = "finite"): boolean {
  if (!(data instanceof Float32Array)) return false;
  const lowest = rule === "finite" ? -Number.MAX_VALUE : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) if (!(data[i]! >= lowest && data[i]! < Number.POSITIVE_INFINITY)) return true;
  return false;
}

/**
 * Values that are no numbers come of damaged weights, or of an overflow; whatever is computed from them looks like an answer.
 * @throws RuntimeError naming the graph, the output and, where there is one in memory, the weight that is no number itself
 */
export function checkNumbers(
  label: string,
  outputs: Readonly<Record<string, HostTensor>>,
  rule: NumberRule,
  weights: readonly (readonly [path: string, tensor: WeightTensor])[],
): void {
  for (const [name, output] of Object.entries(outputs)) {
    if (!holdsNoNumbers(output, rule)) continue;
    const broken = weights.find(([, weight]) => "data" in weight && holdsNoNumbers(weight))?.[0];
    const cause =
      broken === undefined ? "its weights are damaged, or too large for its arithmetic" : `its weight ${broken} holds NaN or Infinity, so its file is damaged`;
    throw new RuntimeError(`${label} gave values that are no numbers (NaN or Infinity) as ${name}: ${cause}; fetch, convert or train the model again`);
  }
}
