import { RuntimeError } from "./errors.ts";
import type { HostTensor, WeightTensor } from "./host-tensor.ts";

/** What floats of a graph may be: all of them finite; or scores, where -Infinity is the logarithm of a probability of 0. */
export type NumberRule = "finite" | "scores";

/** Whether NaN or an Infinity that the rule does not allow is among them. One pass over the values, without a function call for each: it is done for every token. */
export function holdsNoNumbers({ data }: Pick<HostTensor, "data">, rule: NumberRule = "finite"): boolean {
  if (!(data instanceof Float32Array)) return false;
  const lowest = rule === "finite" ? -Number.MAX_VALUE : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) if (!(data[i]! >= lowest && data[i]! < Number.POSITIVE_INFINITY)) return true;
  return false;
}

const advice = "fetch, convert or train the model again";

/**
 * Weights that are read. Those that are mapped are not: what the graph gives has to tell.
 * @throws RuntimeError naming the first that is no number. Not every one would show in what the graph gives: a layer that clips makes an ordinary number of Infinity
 */
export function checkWeights(label: string, weights: readonly (readonly [path: string, tensor: WeightTensor])[], rule: NumberRule): void {
  const broken = weights.find(([, weight]) => "data" in weight && holdsNoNumbers(weight, rule))?.[0];
  if (broken !== undefined)
    throw new RuntimeError(`${label}: its weight ${broken} holds values that are no numbers (NaN or Infinity), so its file is damaged; ${advice}`);
}

/**
 * What a graph gives. Values that are no numbers come of damaged weights, or of an overflow; whatever is computed from them looks like an answer.
 * @throws RuntimeError naming the graph and the output
 */
export function checkOutputs(label: string, outputs: Readonly<Record<string, HostTensor>>, rule: NumberRule): void {
  const broken = Object.keys(outputs).find((name) => holdsNoNumbers(outputs[name]!, rule));
  if (broken !== undefined)
    throw new RuntimeError(
      `${label} gave values that are no numbers (NaN or Infinity) as ${broken}: its weights are damaged, or too large for its arithmetic; ${advice}`,
    );
}
